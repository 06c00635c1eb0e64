// The map: our own roads under Leaflet, so that nobody learns which places are looked at.

import { get } from "./api.js";
import { markPath } from "./parts.js";
import { leaflet } from "./vendor.js";
import { t } from "./words.js";

const GREAT = new Set(["motorway", "trunk", "primary"]);
const WIDTHS = /** @type {Record<string, number>} */ ({ motorway: 2.4, trunk: 2, primary: 1.6, secondary: 1.2 });

/**
 * Make a map in an element; give it back with what draws on it.
 * @param {HTMLElement} element
 */
export async function mapIn(element) {
  const L = await leaflet();
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.5, zoomControl: false, maxZoom: 18 });
  L.control.zoom({ zoomInTitle: t("map.in"), zoomOutTitle: t("map.out") }).addTo(map);
  map.attributionControl.setPrefix(false);
  roads(L, element).addTo(map);
  const watch = new ResizeObserver(() => map.invalidateSize());
  watch.observe(element);
  map.on("unload", () => watch.disconnect());
  return { L, map, marks: marks(L) };
}

/** @param {any} L @param {HTMLElement} element */
function roads(L, element) {
  const Roads = L.GridLayer.extend({
    createTile(/** @type {any} */ coords, /** @type {any} */ done) {
      const canvas = document.createElement("canvas");
      const size = this.getTileSize();
      const sharp = Math.min(2, devicePixelRatio);
      canvas.width = size.x * sharp;
      canvas.height = size.y * sharp;
      get(`/basemap/${coords.z}/${coords.x}/${coords.y}.json`)
        .then((tile) => {
          draw(canvas, tile, colours(element), sharp);
          done(null, canvas);
        })
        .catch((error) => done(error, canvas));
      return canvas;
    },
  });
  return new Roads({ attribution: "© OpenStreetMap contributors", maxNativeZoom: 17, minZoom: 3 });
}

/** Read what colours come to in the light of now. @param {HTMLElement} element */
function colours(element) {
  const probe = document.createElement("i");
  element.append(probe);
  const read = (/** @type {string} */ name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { road: read("--road"), great: read("--road-great") };
  probe.remove();
  return found;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{extent: number, roads: {road_class: string, lines: number[][]}[]}} tile
 * @param {{road: string, great: string}} colours
 * @param {number} sharp
 */
function draw(canvas, tile, colours, sharp) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const scale = canvas.width / tile.extent;
  pen.lineJoin = "round";
  for (const { road_class, lines } of tile.roads.toReversed()) {
    pen.strokeStyle = GREAT.has(road_class) ? colours.great : colours.road;
    pen.lineWidth = (WIDTHS[road_class] ?? 0.8) * sharp;
    pen.beginPath();
    for (const line of lines) {
      let [x, y] = line;
      pen.moveTo(x * scale, y * scale);
      for (let n = 2; n < line.length; n += 2) {
        x += line[n];
        y += line[n + 1];
        pen.lineTo(x * scale, y * scale);
      }
    }
    pen.stroke();
  }
}

/** Marks whose shape tells the severity as well as their colour. @param {any} L */
function marks(L) {
  const Mark = L.CircleMarker.extend({
    _updatePath() {
      this._renderer._updateSeverity(this);
    },
  });
  L.Canvas.include({
    _updateSeverity(/** @type {any} */ layer) {
      if (!this._drawing || layer._empty()) return;
      const { x, y } = layer._point;
      const scale = layer._radius / 5;
      const pen = this._ctx;
      pen.save();
      pen.translate(x - layer._radius, y - layer._radius);
      pen.scale(scale, scale);
      const path = new Path2D(markPath(layer.options.severity));
      pen.fillStyle = layer.options.fillColor;
      pen.strokeStyle = layer.options.color;
      pen.lineWidth = layer.options.weight / scale;
      pen.fill(path);
      pen.stroke(path);
      pen.restore();
    },
  });
  return (/** @type {[number, number]} */ at, /** @type {any} */ options) => new Mark(at, options);
}

/**
 * Read the colours of severities in the light of now.
 * @param {HTMLElement} element
 * @returns {string[]} by severity; the first is of the paper
 */
export function severityColours(element) {
  const probe = document.createElement("i");
  element.append(probe);
  const found = ["--sheet", "--severity-1", "--severity-2", "--severity-3", "--severity-4"].map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}
