"""The whole service on one laptop, with real parts: what `manage.py demo` starts, shows and stops again."""
