from django import template

from appeal.languages import direction

register = template.Library()
register.filter(direction)  # paper has no `dir="auto"`
