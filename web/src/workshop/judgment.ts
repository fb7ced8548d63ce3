/** Why a photo of a bank stands where it does, in words. */

import type { BankPhotoOut } from "../api/types";
import * as words from "../app/words";

export function judgment(photo: BankPhotoOut): string {
  const score = photo.score === null ? "" : `Score ${photo.score < 0 ? "−" : "+"}${Math.abs(photo.score).toFixed(2)}`;
  const why = photo.why || (photo.score === null ? "not judged yet" : "");
  return [score, score ? why : words.title(why)].filter(Boolean).join(", ");
}
