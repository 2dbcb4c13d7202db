"""Where items come from: adapters that turn files into items, each problem named with its place and remedy."""
