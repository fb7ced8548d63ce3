"""Floor 2: training of recognizers. Empty: no part of it is built yet."""
