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
const SMALLEST_BLOCK = 104;
/** How much of a line's width may be won by making its pictures smaller. */
const SHRINK = 0.16;

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

  const flush = (most: number): void => {
    if (line.length === 0) return;
    // A line that is nearly full is stretched to the edge; one that is short keeps its natural size.
    const sums = line.reduce((total, part) => total + part.sum, 0);
    const fixed = line.reduce((total, part) => total + (part.block.count - 1) * m.gap, 0) + (line.length - 1) * between;
    const stretch = (m.width - fixed) / (sums * m.row);
    const roomy = line.every((part) => natural(part.sum, part.block.count) >= SMALLEST_BLOCK);
    const h = m.row * (roomy && stretch < most ? stretch : Math.min(1, stretch));
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
      // A line may begin a little too long: its pictures shrink until it fits.
      if (lineWidth > 0 && lineWidth + between + wish > m.width * (wish > SMALLEST_BLOCK ? 1 + SHRINK : 1)) flush(1.45);
      if (lineWidth > 0 && lineWidth + between + wish > m.width && line.some((part) => natural(part.sum, part.block.count) < SMALLEST_BLOCK * 1.25)) flush(1.45);
      lineWidth += (lineWidth > 0 ? between : 0) + wish;
      line.push({ block, sum });
      continue;
    }
    flush(1.45);
    if (m.header > 0 && !block.continued) {
      headers.push({ x: 0, y, w: m.width, block });
      y += m.header;
    }
    y = rows(block, aspect, boxes, y, m);
  }
  flush(1.2);
  return { height: y, boxes, headers };
}

/** Fill justified rows with one block and return the y below it. */
function rows(block: Block, aspect: (i: number) => number, boxes: Box[], top: number, m: Measures): number {
  let y = top;
  let i = block.start;
  for (const end of breaks(block, aspect, m)) {
    const { h } = height(i, end, block, aspect, m);
    let x = 0;
    for (let k = i; k < end; k++) {
      const w = aspect(k) * h;
      boxes[k] = { x, y, w, h };
      x += w + m.gap;
    }
    y += h + m.caption + m.gap;
    i = end;
  }
  return y;
}

/** Height of a row and what it costs: how far it is from the wished height, or how much of the last row stays empty. */
function height(from: number, to: number, block: Block, aspect: (i: number) => number, m: Measures): { h: number; cost: number } {
  let sum = 0;
  for (let k = from; k < to; k++) sum += aspect(k);
  const full = (m.width - (to - from - 1) * m.gap) / sum;
  const last = to === block.start + block.count && !block.continues;
  if (last && full > m.row * 1.3) return { h: m.row, cost: 0.12 + 0.5 * (1 - m.row / full) };
  return { h: Math.min(full, m.row * 2.2), cost: Math.log(full / m.row) ** 2 };
}

/** Where rows end, so that all of them together come closest to the wished height (as TeX breaks paragraphs). */
function breaks(block: Block, aspect: (i: number) => number, m: Measures): number[] {
  const { start, count } = block;
  const best = new Float64Array(count + 1).fill(Infinity);
  const before = new Int32Array(count + 1);
  best[0] = 0;
  for (let j = 1; j <= count; j++) {
    for (let i = j - 1, sum = 0; i >= 0; i--) {
      sum += aspect(start + i);
      const crowded = (m.width - (j - i - 1) * m.gap) / sum < m.row * 0.6;
      if (crowded && i < j - 1) break;
      const cost = (best[i] ?? Infinity) + height(start + i, start + j, block, aspect, m).cost;
      if (cost < (best[j] ?? Infinity)) {
        best[j] = cost;
        before[j] = i;
      }
    }
  }
  const ends: number[] = [];
  for (let j = count; j > 0; j = before[j] ?? 0) ends.unshift(start + j);
  return ends;
}
