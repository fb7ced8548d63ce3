/** Masks in COCO run-length encoding, painted into a picture. */

/** Run lengths of the compressed text form (each count in 5-bit groups, differences from the third on). */
export function counts(text: string): number[] {
  const found: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    let code = 0;
    while (more && at < text.length) {
      code = text.charCodeAt(at++) - 48;
      value |= (code & 31) << shift;
      shift += 5;
      more = (code & 32) !== 0;
    }
    if (code & 16 && shift < 32) value |= -1 << shift;
    if (found.length > 2) value += found[found.length - 2] ?? 0;
    found.push(value);
  }
  return found;
}

/** Paint a mask, at most `side` pixels long, and give its URL; undefined when the mask is of no known form. */
export function paint(mask: Record<string, unknown>, rgb: [number, number, number], side = 640): string | undefined {
  const { size, counts: runs } = mask as { size?: [number, number]; counts?: string | number[] };
  if (!size || !runs) return undefined;
  const [height, width] = size;
  const list = typeof runs === "string" ? counts(runs) : runs;
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  if (!context) return undefined;
  const image = context.createImageData(canvas.width, canvas.height);
  let position = 0;
  list.forEach((run, i) => {
    if (i % 2 === 1) {
      // Masks run down the columns.
      for (let p = position; p < position + run; p++) {
        const x = Math.min(canvas.width - 1, Math.floor(Math.floor(p / height) * scale));
        const y = Math.min(canvas.height - 1, Math.floor((p % height) * scale));
        image.data.set([...rgb, 110], (y * canvas.width + x) * 4);
      }
    }
    position += run;
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
