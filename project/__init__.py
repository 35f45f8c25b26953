"""The demo host: a Django project with scs_series in it. None of it goes into the wheel."""
