"""The deployable functions, a declaration each; `all.FUNCTIONS` has every one."""
