"""The steps, one file each. They import no room: what they need of one is frozen in them."""
