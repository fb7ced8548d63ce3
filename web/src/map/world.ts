/** A vector map of the world that comes with the app: Natural Earth countries, city names from GeoNames. */

import type { Feature, FeatureCollection, Geometry, MultiPolygon, Point, Polygon, Position } from "geojson";
import type { StyleSpecification } from "maplibre-gl";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import coarseUrl from "world-atlas/countries-50m.json?url";
import fineUrl from "world-atlas/countries-10m.json?url";
import citiesUrl from "./cities.json?url";

type World = Topology<{ countries: GeometryCollection<{ name: string }> }>;
type City = [name: string, longitude: number, latitude: number, zoom: number];

export interface Land {
  countries: FeatureCollection;
  borders: Feature;
  labels: FeatureCollection<Point>;
}

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the map's data could not be read (${response.status})`);
  return (await response.json()) as T;
}

/**
 * Let a line that crosses the date line run on beyond 180 degrees instead of jumping across the whole map; MapLibre
 * draws what is beyond on the other side. A ring around the pole is closed along the map's edge.
 */
function unrolled(line: Position[], ring: boolean): Position[] {
  let turn = 0;
  let last = line[0]?.[0] ?? 0;
  const found = line.map(([x = 0, y = 0]): Position => {
    if (x - last > 180) turn -= 360;
    else if (x - last < -180) turn += 360;
    last = x;
    return [x + turn, y];
  });
  const first = found[0];
  const end = found.at(-1);
  if (ring && turn !== 0 && first && end) {
    const pole = (first[1] ?? 0) < 0 ? -90 : 90;
    found.push([end[0] ?? 0, pole], [first[0] ?? 0, pole], first);
  }
  return found;
}

function flat<T extends Geometry>(geometry: T): T {
  if (geometry.type === "Polygon") return { ...geometry, coordinates: geometry.coordinates.map((ring) => unrolled(ring, true)) };
  if (geometry.type === "MultiPolygon") return { ...geometry, coordinates: geometry.coordinates.map((polygon) => polygon.map((ring) => unrolled(ring, true))) };
  if (geometry.type === "MultiLineString") return { ...geometry, coordinates: geometry.coordinates.map((line) => unrolled(line, false)) };
  return geometry;
}

/** Area of a ring in square degrees, and its middle (the shoelace formula). */
function middle(ring: Position[]): { area: number; at: Position } {
  let area = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x0 = 0, y0 = 0] = ring[i] ?? [];
    const [x1 = 0, y1 = 0] = ring[i + 1] ?? [];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  return area === 0 ? { area: 0, at: ring[0] ?? [0, 0] } : { area: Math.abs(area / 2), at: [x / (3 * area), y / (3 * area)] };
}

function labelled(country: Feature<Polygon | MultiPolygon, { name: string }>): Feature<Point> {
  const polygons = country.geometry.type === "Polygon" ? [country.geometry.coordinates] : country.geometry.coordinates;
  const largest = polygons.map((polygon) => middle(polygon[0] ?? [])).reduce((a, b) => (b.area > a.area ? b : a));
  return { type: "Feature", geometry: { type: "Point", coordinates: largest.at }, properties: { name: country.properties.name, size: largest.area } };
}

async function land(url: string): Promise<Land> {
  const world = await json<World>(url);
  const whole = feature(world, world.objects.countries);
  const countries = { ...whole, features: whole.features.map((country) => ({ ...country, geometry: flat(country.geometry) })) };
  const shapes = countries.features.filter((f): f is Feature<Polygon | MultiPolygon, { name: string }> => f.geometry !== null && "coordinates" in f.geometry);
  return {
    countries,
    borders: { type: "Feature", properties: {}, geometry: flat(mesh(world, world.objects.countries, (a, b) => a !== b)) },
    labels: { type: "FeatureCollection", features: shapes.map(labelled) },
  };
}

export const coarse = (): Promise<Land> => land(coarseUrl);
export const fine = (): Promise<Land> => land(fineUrl);

export async function cities(): Promise<FeatureCollection<Point>> {
  const list = await json<City[]>(citiesUrl);
  return {
    type: "FeatureCollection",
    features: list.map(([name, longitude, latitude, zoom], rank) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [longitude, latitude] },
      properties: { name, zoom, rank },
    })),
  };
}

/** Colors of the map in one theme. */
const PALETTE = {
  light: { sea: "#dfe9ec", land: "#f8f7f2", border: "#cfcdc3", coast: "#b9cbd0", country: "#6b6a61", city: "#3f4341", halo: "#f8f7f2" },
  dark: { sea: "#0d1518", land: "#1d2221", border: "#353c3a", coast: "#2c3b40", country: "#8b938f", city: "#c3cac6", halo: "#161a19" },
};
const FONT = ["Inter Variable", "sans-serif"];

/** The style; it names no glyph server, so MapLibre draws letters with the app's own font. */
export function style(dark: boolean, world: Land, names: FeatureCollection<Point>): StyleSpecification {
  const color = PALETTE[dark ? "dark" : "light"];
  return {
    version: 8,
    sources: {
      countries: { type: "geojson", data: world.countries, tolerance: 0.2, attribution: "Natural Earth · GeoNames CC BY 4.0" },
      borders: { type: "geojson", data: world.borders, tolerance: 0.2 },
      labels: { type: "geojson", data: world.labels },
      cities: { type: "geojson", data: names },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": color.sea } },
      { id: "land", type: "fill", source: "countries", paint: { "fill-color": color.land } },
      { id: "coast", type: "line", source: "countries", paint: { "line-color": color.coast, "line-width": 1 } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": color.border, "line-width": ["interpolate", ["linear"], ["zoom"], 2, 0.7, 8, 1.6] } },
      {
        id: "dots", type: "circle", source: "cities", minzoom: 3, filter: ["<=", ["get", "zoom"], ["zoom"]],
        paint: { "circle-radius": 2, "circle-color": color.city, "circle-opacity": 0.75 },
      },
      {
        id: "countries", type: "symbol", source: "labels", maxzoom: 7.5, filter: [">", ["get", "size"], ["step", ["zoom"], 130, 2.4, 28, 3.4, 5, 4.4, 0.4, 5.4, 0]],
        layout: {
          "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 2, 11, 6, 15], "text-max-width": 7, "text-letter-spacing": 0.06,
          "symbol-sort-key": ["-", ["get", "size"]], "text-padding": 8,
        },
        paint: { "text-color": color.country, "text-halo-color": color.halo, "text-halo-width": 1.4 },
      },
      {
        id: "cities", type: "symbol", source: "cities", minzoom: 3, filter: ["<=", ["get", "zoom"], ["zoom"]],
        layout: {
          "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 3, 11, 9, 13.5], "text-variable-anchor": ["left", "right", "top", "bottom"],
          "text-radial-offset": 0.5, "text-justify": "auto", "symbol-sort-key": ["get", "rank"], "text-padding": 5,
        },
        paint: { "text-color": color.city, "text-halo-color": color.halo, "text-halo-width": 1.3 },
      },
    ],
  };
}
