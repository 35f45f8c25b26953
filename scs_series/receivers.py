"""Our own signal handlers, thin. None is needed yet; apps.ready() imports this module."""
