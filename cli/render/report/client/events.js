import { counted, hiddenText, make } from './dom.js';

const SIGNS = { step: '·', good: '✓', notice: '!', fault: '✕' };
const SAID = { step: '', good: '', notice: 'Notice: ', fault: 'Fault: ' };

const becauseView = (because) =>
  because === undefined ? '' : make('ul', { class: 'because' }, [because.map((text) => make('li', {}, [text]))]);

const lineView = ({ tone, text, because }, marks) =>
  make('li', { class: `line ${tone}${marks.length > 0 ? ' culprit' : ''}` }, [
    make('span', { class: 'sign', 'aria-hidden': 'true' }, [SIGNS[tone] ?? '·']),
    make('div', {}, [
      SAID[tone] === '' || SAID[tone] === undefined ? '' : hiddenText(SAID[tone]),
      text,
      marks.map((words) => [' ', make('span', { class: 'mark-of' }, [words])]),
      becauseView(because),
    ]),
  ]);

/** A long step is folded unless something is wrong in it, or the run failed. */
const isOpen = (lines, marks, failed) => marks.length > 0 || (failed && lines.length > 0);

const stepView = ({ stage, what, lines }, { number, marks, failed, id }) => {
  const own = marks.filter(({ line }) => line === 0).map(({ words }) => words);
  const faults = lines.filter(({ tone }) => tone === 'fault').length;
  const head = [
    make('span', { class: 'number' }, [`${number}`]),
    ' ',
    make('span', { class: 'what' }, [what]),
    ' ',
    make('span', { class: 'stage' }, [stage]),
    own.map((words) => [' ', make('span', { class: 'mark-of' }, [words])]),
    lines.length === 0 ? '' : [' ', make('span', { class: 'count' }, [counted(lines.length, 'event')])],
    faults === 0 ? '' : [' ', make('span', { class: 'count fault' }, [counted(faults, 'problem')])],
  ];
  const attributes = { class: `step${marks.length > 0 ? ' culprit' : ''}`, id };
  if (lines.length === 0) return make('li', attributes, [make('p', { class: 'step-head' }, head)]);
  const list = lines.map((line, index) =>
    lineView(
      line,
      marks.filter((mark) => mark.line === index + 1).map(({ words }) => words),
    ),
  );
  return make('li', attributes, [
    make('details', { open: isOpen(lines, marks, failed) }, [
      make('summary', { class: 'step-head' }, head),
      make('ul', { class: 'lines' }, [list]),
    ]),
  ]);
};

/** Each event in order, with what it led to and why; the ones that findings come from are marked. */
export const eventsView = ({ steps, marks }, { findings, failed, idOf }) => {
  const words = (finding) => findings[finding]?.failureMode ?? findings[finding]?.code ?? 'finding';
  return make('ol', { class: 'steps' }, [
    steps.map((step, index) =>
      stepView(step, {
        ...{ number: index + 1, failed, id: idOf(index + 1) },
        marks: marks
          .filter((one) => one.step === index + 1)
          .map(({ line, finding }) => ({ line, words: words(finding) })),
      }),
    ),
  ]);
};

const ENDS = { running: 'came up', stopped: 'stopped', unfinished: 'did not come up' };

/** The boots of a run, each with how it ended and who wanted the next. */
export const bootsView = ({ before, boots }, idOf) => {
  const first = before.phase === 'off' ? 'switched off' : `${before.phase}`;
  return make('ol', { class: 'boots' }, [
    make('li', { class: 'boot begin' }, [
      make('span', { class: 'boot-name' }, ['At first']),
      ' ',
      make('span', {}, [first]),
    ]),
    boots.map(({ boot, mode, end, code, stage, step, wanted }) =>
      make('li', { class: `boot ${end}` }, [
        make('a', { class: 'boot-name', href: `#${idOf(step)}` }, [`Boot ${boot}`]),
        ' ',
        make('span', {}, [
          `${ENDS[end] ?? end}${code === undefined ? '' : ` with ${code}`}${mode === 'safe' ? ', safe mode' : ''}`,
        ]),
        ' ',
        make('span', { class: 'stage' }, [stage]),
        wanted.length === 0 ? '' : [' ', make('span', { class: 'wanted' }, [`restart wanted by ${wanted.join(', ')}`])],
      ]),
    ),
  ]);
};
