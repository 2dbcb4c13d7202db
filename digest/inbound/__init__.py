"""Mail that comes back, judged and written down."""
