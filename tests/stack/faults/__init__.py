"""Broken edits of the shipped files, each with the line and the words that a person is to see."""
