"""The Refugee Participation Pledge: its text, who signs it, and what became of that."""
