"""Pages and scripts of the screens, and the routes that serve them."""
