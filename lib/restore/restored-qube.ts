import type { NotSet, PartReport, QubeResult } from '../base/report.ts';
import type { PlannedQube } from '../base/restore-plan.ts';
import { ORDER, type Progress } from './qube-progress.ts';
import type { QubeNotes } from './restore-journal.ts';

/** One qube of a plan on its way into the system. */
export class RestoredQube {
  readonly planned: PlannedQube;
  progress: Progress = 'planned';
  wasRemoved = false;
  /** Its own data is all there, but not that of its template: it waits for that. */
  waitsForTemplate = false;
  readonly notSet: NotSet[] = [];
  /** Parts that earlier runs have finished, by their file in the backup. */
  readonly finished: Map<string, PartReport>;
  /** Its rules could not be restored: it must not be without any. */
  lacksFirewall = false;

  /** @param notes what an earlier run that broke off has done of it */
  constructor(planned: PlannedQube, notes?: QubeNotes) {
    this.planned = planned;
    this.finished = new Map(notes?.parts);
    if (notes === undefined) return;
    this.progress = notes.progress;
    this.notSet.push(...notes.notSet);
    this.lacksFirewall = notes.lacksFirewall;
  }

  /** Name in the backup. */
  get name(): string {
    return this.planned.name;
  }

  get newName(): string {
    return this.planned.newName;
  }

  /** What became of it, as things are now. */
  get result(): QubeResult {
    if (this.progress === 'done') return 'restored';
    if (this.has('made')) return 'kept';
    return this.wasRemoved ? 'removed' : 'not-made';
  }

  has(progress: Progress): boolean {
    return ORDER.indexOf(this.progress) >= ORDER.indexOf(progress);
  }
}

/** Qubes by what must be there first: templates, then templates of disposables, then the rest. */
export function inStages(qubes: readonly RestoredQube[]): readonly (readonly RestoredQube[])[] {
  const stageOf = ({ planned }: RestoredQube): number => {
    if (planned.class === 'TemplateVM') return 0;
    return planned.properties['template_for_dispvms'] === 'True' ? 1 : 2;
  };
  return [0, 1, 2].map((stage) => qubes.filter((qube) => stageOf(qube) === stage));
}
