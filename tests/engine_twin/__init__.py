"""The bar loop once more, in plain Python and from the laws alone: slow, obvious, and the measure of the compiled one."""
