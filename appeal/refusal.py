class Refused(Exception):
    """A verb said no; str() is a sentence for the person who asked."""
