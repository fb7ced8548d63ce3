"""Readable names of scenes, and the groups that they belong to."""

from __future__ import annotations

_GROUPS: dict[str, str] = {
    "indoor shop": "bakery-shop bookstore butchers_shop candy_store clothing_store supermarket laundromat beauty_salon",
    "indoor restaurant": "banquet_hall bar coffee_shop food_court restaurant",
    "indoor home": "bathroom bedroom corridor dining_room kitchen living_room shower staircase",
    "indoor work": "assembly_line conference_room hospital_room office lobby",
    "indoor school": "classroom kindergarden_classroom",
    "indoor culture": "aquarium art_gallery auditorium ballroom museum-indoor stage-indoor",
    "indoor sport": "bowling_alley boxing_ring ice_skating_rink-outdoor locker_room martial_arts_gym",
    "indoor transport": "airport_terminal bus_interior cockpit subway_station-platform",
    "outdoor mountain": "badlands canyon mountain valley volcano rock_arch ski_slope trench",
    "outdoor water": "coast dam harbor hot_spring iceberg river swamp swimming_pool-outdoor boat_deck aqueduct",
    "outdoor nature": "bamboo_forest botanical_garden corn_field desert-sand rainforest yard",
    "outdoor building": "abbey amphitheater chalet church-outdoor lighthouse monastery-outdoor palace skyscraper"
    " temple-east_asia fire_station shed courtyard",
    "outdoor city": "amusement_park bridge cemetery construction_site fountain market-outdoor phone_booth"
    " playground slum",
    "outdoor road": "driveway gas_station highway parking_lot railroad_track runway",
    "outdoor sport": "baseball_field campsite golf_course racecourse stadium-football track-outdoor",
}
_PLAIN: dict[str, str] = {
    "abbey": "abbey",
    "bakery-shop": "bakery",
    "bar": "bar",
    "butchers_shop": "butcher's shop",
    "church-outdoor": "church",
    "desert-sand": "desert",
    "ice_skating_rink-outdoor": "ice rink",
    "kindergarden_classroom": "kindergarten",
    "market-outdoor": "market",
    "monastery-outdoor": "monastery",
    "museum-indoor": "museum",
    "stadium-football": "stadium",
    "stage-indoor": "stage",
    "subway_station-platform": "subway station",
    "swimming_pool-outdoor": "swimming pool",
    "temple-east_asia": "temple",
    "track-outdoor": "running track",
}
_PARENTS = {
    name: tuple(reversed(group.split())) for group, names in _GROUPS.items() for name in names.split()
}


def readable(scene: str) -> str:
    """The scene in plain words: "coffee_shop" is "coffee shop"."""
    return _PLAIN.get(scene, scene.replace("_", " ").replace("-", " "))


def parents(scene: str) -> list[str]:
    """The groups above a scene, nearest first: ["restaurant", "indoor"]."""
    return [group for group in _PARENTS.get(scene, ()) if group != readable(scene)]
