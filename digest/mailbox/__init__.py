"""The mailbox: where mail that comes back is read, and what one message says. All of it was written by strangers."""
