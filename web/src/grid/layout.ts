/** The justified layout of one chunk of photos: pure arithmetic, no DOM. */

export interface Block {
  /** "2024-05-01", null when the time is unknown, undefined in lists without days. */
  day: string | null | undefined;
  /** First photo, counted from the start of the chunk. */
  start: number;
  count: number;
  /** The day began in the chunk before: it gets no second header. */
  continued: boolean;
  /** The day goes on in the next chunk: its last row is filled. */
  continues: boolean;
}

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Header {
  x: number;
  y: number;
  w: number;
  block: Block;
}

export interface Layout {
  height: number;
  boxes: Box[];
  headers: Header[];
}

export interface Measures {
  width: number;
  /** Wished height of a row of pictures, pixels. */
  row: number;
  gap: number;
  /** Height of a day header; 0 where days are not shown. */
  header: number;
  /** Height kept free under every picture. */
  caption: number;
}

const NARROWEST = 0.5;
const WIDEST = 3;
const SMALLEST_BLOCK = 118;

export const shape = (width: number, height: number): number =>
  Math.min(WIDEST, Math.max(NARROWEST, width > 0 && height > 0 ? width / height : 1.4));

/** Lay blocks out: short days stand side by side, long days fill justified rows of their own. */
export function lay(aspects: ArrayLike<number>, blocks: Block[], m: Measures): Layout {
  const boxes: Box[] = new Array<Box>(aspects.length);
  const headers: Header[] = [];
  const aspect = (i: number): number => aspects[i] ?? 1.4;
  let y = 0;
  let line: { block: Block; sum: number }[] = [];
  let lineWidth = 0;

  const natural = (sum: number, count: number): number => sum * m.row + (count - 1) * m.gap;
  const between = Math.max(m.gap * 4, 16);

  const flush = (): void => {
    if (line.length === 0) return;
    // A nearly full line is stretched to the edge; a lone short one keeps its natural size.
    const sums = line.reduce((total, part) => total + part.sum, 0);
    const fixed = line.reduce((total, part) => total + (part.block.count - 1) * m.gap, 0) + (line.length - 1) * between;
    const stretch = (m.width - fixed) / (sums * m.row);
    const roomy = line.every((part) => natural(part.sum, part.block.count) >= SMALLEST_BLOCK);
    const h = m.row * (roomy && stretch > 1 && stretch < 1.3 ? stretch : 1);
    let x = 0;
    for (const { block, sum } of line) {
      const w = Math.max(SMALLEST_BLOCK, sum * h + (block.count - 1) * m.gap);
      if (m.header > 0) headers.push({ x, y, w: Math.min(w, m.width - x), block });
      let px = x;
      for (let i = block.start; i < block.start + block.count; i++) {
        boxes[i] = { x: px, y: y + m.header, w: Math.min(aspect(i) * h, m.width), h };
        px += aspect(i) * h + m.gap;
      }
      x += w + between;
    }
    y += m.header + h + m.caption + m.gap;
    line = [];
    lineWidth = 0;
  };

  for (const block of blocks) {
    let sum = 0;
    for (let i = block.start; i < block.start + block.count; i++) sum += aspect(i);
    const wish = Math.max(SMALLEST_BLOCK, natural(sum, block.count));
    const alone = block.continued || block.continues || m.header === 0;
    if (!alone && wish <= m.width) {
      if (lineWidth > 0 && lineWidth + between + wish > m.width) flush();
      lineWidth += (lineWidth > 0 ? between : 0) + wish;
      line.push({ block, sum });
      continue;
    }
    flush();
    if (m.header > 0 && !block.continued) {
      headers.push({ x: 0, y, w: m.width, block });
      y += m.header;
    }
    y = rows(block, aspect, boxes, y, m);
  }
  flush();
  return { height: y, boxes, headers };
}

/** Fill justified rows with one block and return the y below it. */
function rows(block: Block, aspect: (i: number) => number, boxes: Box[], top: number, m: Measures): number {
  const end = block.start + block.count;
  let y = top;
  let i = block.start;
  while (i < end) {
    let sum = 0;
    let j = i;
    let h = Infinity;
    while (j < end && h > m.row) {
      const next = sum + aspect(j);
      const lower = (m.width - (j - i) * m.gap) / next;
      // The last picture joins only when the row comes closer to the wished height with it.
      if (j > i && lower < m.row && m.row / lower > h / m.row) break;
      sum = next;
      h = lower;
      j++;
    }
    const last = j >= end && !block.continues;
    if (last && h > m.row * 1.25) h = m.row;
    h = Math.min(h, m.row * 1.9);
    let x = 0;
    for (let k = i; k < j; k++) {
      const w = aspect(k) * h;
      boxes[k] = { x, y, w, h };
      x += w + m.gap;
    }
    y += h + m.caption + m.gap;
    i = j;
  }
  return y;
}
