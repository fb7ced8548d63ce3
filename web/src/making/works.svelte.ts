/** What is being made of photos: followed to its end, in an open dialog or after it was closed. */

import * as api from "../api/editing";
import type { Job, Version } from "../api/editing";
import { notices } from "../app/notices.svelte";
import { router } from "../app/router.svelte";
import { Following } from "../editor/following.svelte";

/** One piece of work, and what came of it. */
export class Work {
  readonly following = new Following();
  version = $state.raw<Version | undefined>(undefined);
  /** Where the file is that came out, when that is no version. */
  file = $state("");
  failure = $state("");
  /** Somebody looks at it; else its end is told in a notice. */
  watched = true;
  readonly begun = Date.now();

  constructor(job: Job, private readonly kept: () => void) {
    this.following.follow(job, (end) => void this.over(end));
  }

  get going(): boolean {
    return this.following.going;
  }
  /** Why it came to nothing. */
  get trouble(): string {
    const { now, failure } = this.following;
    return this.failure || failure || (now?.state === "failed" ? (now.message ?? "The work failed without a reason.") : "");
  }
  get stopped(): boolean {
    return this.following.now?.state === "stopped";
  }

  private async over(job: Job): Promise<void> {
    if (job.state === "done" && job.version_id !== null) {
      try {
        this.version = await api.versions.get(job.photo_id, job.version_id);
        this.kept();
      } catch {
        this.failure = "The picture was made, but cannot be shown at the moment.";
      }
    }
    if (job.state === "done" && job.file) this.file = job.file;
    if (this.watched) return;
    const { version, file } = this;
    if (version) notices.say(`“${version.name}” is ready`, () => router.edit(version.photo_id, version.id), "Open");
    else if (file) notices.say("What you wanted is ready", () => location.assign(`${file}?download=true`), "Download");
    else if (this.trouble) notices.fail("The picture was not made", new Error(this.trouble));
  }
}

class Works {
  /** Counts what was kept, so that lists of versions are read again. */
  kept = $state(0);

  begin(job: Job): Work {
    return new Work(job, () => this.kept++);
  }
}

export const works = new Works();

/** How long it may still take, in words; nothing while that cannot be told. */
export function left(fraction: number | null | undefined, begun: number): string {
  const passed = (Date.now() - begun) / 1000;
  if (!fraction || fraction < 0.02 || passed < 8) return "";
  const seconds = (passed / fraction) * (1 - fraction);
  if (seconds < 50) return "less than a minute left";
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${Math.round(seconds / 3600)} h left`;
}
