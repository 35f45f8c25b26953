"""The demo series: its text, sources and threads, and the command that loads them."""
