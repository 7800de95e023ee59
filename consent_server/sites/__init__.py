"""Sites: a product page's key, its allowed origins and the controller behind it."""
