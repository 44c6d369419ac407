"""A set that the redactor's rules were not written from: its author has read none of them."""
