"""The deployable functions, a module each, whose `FUNCTION` is the declaration; `all.FUNCTIONS` has every one."""
