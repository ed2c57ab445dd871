import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { WinpvError } from '../../core/errors.ts';
import type { ReportEvent } from '../../core/ports.ts';
import type { Forecast } from '../../release/publication/forecast.ts';
import type { ForecastJob, RehearsalJob, Rehearsals } from '../../release/rehearsal/rehearsals.ts';
import type { BrandRehearsal } from '../../release/rehearsal/rehearse-brand.ts';
import type { RehearsalAnswer, RehearsalTask } from './rehearsal-worker.ts';

interface Waiting {
  readonly task: RehearsalTask;
  readonly onEvent: (event: ReportEvent) => void;
  readonly resolve: (answer: BrandRehearsal | Forecast) => void;
  readonly reject: (reason: unknown) => void;
}

/** A thread, which plays one rehearsal at a time. */
interface Thread {
  readonly worker: Worker;
  /** What it was given: the first is being played. */
  readonly given: Waiting[];
}

/** A thread has its next task before it is asked for: who gives them may be at work when one is over. */
const TASKS_A_THREAD = 2;

/** The compiled entry beside this file. */
const ENTRY = new URL('./rehearsal-worker.js', import.meta.url);

/** Loading the emulator, and code that is not hot yet, cost a thread as much as rehearsing a brand. */
const BRANDS_A_THREAD = 2;

/** Rehearsals on threads of their own: as many as there are cores, each started when it is needed. */
export class RehearsalWorkers implements Rehearsals {
  width = 1;
  private readonly packageRoot: string;
  private readonly threads: Thread[] = [];
  private readonly queue: Waiting[] = [];

  constructor(packageRoot: string) {
    this.packageRoot = packageRoot;
  }

  prepare(brands: number): void {
    this.width = Math.max(1, Math.min(availableParallelism(), Math.floor(brands / BRANDS_A_THREAD)));
    while (this.threads.length < this.width) this.start();
  }

  rehearse(job: RehearsalJob, onEvent: (event: ReportEvent) => void): Promise<BrandRehearsal> {
    return this.ask({ kind: 'rehearse', job, packageRoot: this.packageRoot }, onEvent) as Promise<BrandRehearsal>;
  }

  forecast(job: ForecastJob): Promise<Forecast> {
    return this.ask({ kind: 'forecast', job, packageRoot: this.packageRoot }, () => undefined) as Promise<Forecast>;
  }

  private ask(task: RehearsalTask, onEvent: Waiting['onEvent']): Promise<BrandRehearsal | Forecast> {
    return new Promise((resolve, reject) => {
      this.queue.push({ task, onEvent, resolve, reject });
      if (this.threads.length < this.width) this.start();
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.queue.length = 0;
    await Promise.all(this.threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  private start(): void {
    const thread: Thread = { worker: new Worker(ENTRY), given: [] };
    this.threads.push(thread);
    thread.worker.on('message', (answer: RehearsalAnswer) => this.take(thread, answer));
    thread.worker.on('error', (error) => {
      this.threads.splice(this.threads.indexOf(thread), 1);
      for (const one of thread.given.splice(0)) one.reject(error);
      this.dispatch();
    });
  }

  /** Gives what waits to the threads, first to those that have nothing. */
  private dispatch(): void {
    for (let count = 0; count < TASKS_A_THREAD; count += 1) {
      for (const { worker, given } of this.threads) {
        if (given.length > count) continue;
        const next = this.queue.shift();
        if (next === undefined) return;
        given.push(next);
        worker.postMessage(next.task);
      }
    }
  }

  private take({ given }: Thread, answer: RehearsalAnswer): void {
    const [current] = given;
    if (answer.kind === 'event') {
      current?.onEvent(answer.event);
      return;
    }
    given.shift();
    if (answer.kind === 'rehearsed') current?.resolve(answer.rehearsal);
    else if (answer.kind === 'forecast') current?.resolve(answer.forecast);
    else current?.reject(WinpvError.of(answer.diagnostics));
    this.dispatch();
  }
}
