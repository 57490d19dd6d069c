"""`make demo`: an organization moves between two installations, and a person watches."""
