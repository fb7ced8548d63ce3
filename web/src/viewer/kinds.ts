/** The kinds of findings that are drawn: their names and colors, readable over any picture. */

import type { FindingOut } from "../api/types";

export interface Kind {
  kinds: string[];
  key: string;
  label: string;
  color: string;
  rgb: [number, number, number];
}

export const KINDS: Kind[] = [
  { key: "face", kinds: ["face"], label: "Faces", color: "#ffd166", rgb: [255, 209, 102] },
  { key: "person", kinds: ["person"], label: "People", color: "#c3e88d", rgb: [195, 232, 141] },
  { key: "object", kinds: ["object"], label: "Objects", color: "#7ee0d2", rgb: [126, 224, 210] },
  { key: "text", kinds: ["text"], label: "Text", color: "#9cc9ff", rgb: [156, 201, 255] },
  { key: "landmark", kinds: ["landmark"], label: "Landmarks", color: "#ffa8c5", rgb: [255, 168, 197] },
  { key: "plate", kinds: ["plate"], label: "Number plates", color: "#d7b6ff", rgb: [215, 182, 255] },
];

export const kindOf = (kind: string): Kind | undefined => KINDS.find((one) => one.kinds.includes(kind));

/** Lines of text in the order of reading: from top to bottom, lines of the same height from left to right. */
export function reading(findings: FindingOut[]): FindingOut[] {
  const lines = findings.filter((finding) => finding.kind === "text" && finding.text);
  const top = ({ box }: FindingOut): number => (box ? box[1] + box[3] / 2 : 0);
  const rows: FindingOut[][] = [];
  for (const line of lines.toSorted((a, b) => top(a) - top(b))) {
    const row = rows.at(-1);
    const first = row?.[0];
    if (row && first && top(line) - top(first) < 0.4 * Math.min(first.box?.[3] ?? 0, line.box?.[3] ?? 0)) row.push(line);
    else rows.push([line]);
  }
  return rows.flatMap((row) => row.toSorted((a, b) => (a.box?.[0] ?? 0) - (b.box?.[0] ?? 0)));
}
