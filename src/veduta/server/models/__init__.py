"""The shapes of requests and answers, one noun a module; OpenAPI and the web app's types come from them."""
