"""What Alertmanager tells goes to Discord, or anywhere Apprise reaches: once, in order, and never lost.

payload -> incident (what is to be told) -> store (kept, then answered) -> message -> discord or apprise
"""
