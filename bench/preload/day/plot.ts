import type { Comparison } from './compare.ts';
import type { Summary } from './summary.ts';

interface Panel {
  readonly title: string;
  readonly of: (summary: Summary) => number;
  readonly unit: string;
}

const PANELS: readonly Panel[] = [
  { title: 'Time waited in a day', of: ({ waited }) => waited / 60, unit: 'min' },
  { title: 'Served at once', of: ({ atOnce }) => 100 * atOnce, unit: '%' },
  { title: 'Memory held for it', of: ({ mibHours }) => mibHours / 1024, unit: 'GiB·h' },
  { title: 'Started while somebody waits', of: ({ beside }) => beside, unit: 'a day' },
];
const USUAL_DELAY = 3;

const PANEL = { width: 300, height: 190, left: 14, base: 146, across: 272 };
const BARS = { full: 96, width: 26, gap: 3 };
const HEAD = 34;
const COLOURS = { none: '#9a9a9a', reference: '#d08a3c', ours: '#3874cb' } as const;
const NAMES = { none: 'no preloading', reference: 'the reference', ours: 'ours' } as const;
type Kind = keyof typeof COLOURS;

interface Bar {
  readonly kind: Kind;
  readonly value: number;
}

/** Groups of bars for each maximum, as SVG: the same for the same figures. */
export function plotOf(none: Summary, compared: readonly Comparison[]): string {
  const usual = compared.filter(({ settings }) => settings.delay === USUAL_DELAY);
  const panels = PANELS.map((panel, index) => {
    const x = (index % 2) * PANEL.width;
    const y = HEAD + Math.floor(index / 2) * PANEL.height;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel, none, usual)}\n</g>`;
  });
  const height = HEAD + Math.ceil(PANELS.length / 2) * PANEL.height;
  const size = `width="${2 * PANEL.width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
${drawLegend()}
${panels.join('\n')}
</svg>
`;
}

function drawLegend(): string {
  return (Object.keys(COLOURS) as Kind[])
    .map((kind, index) => {
      const x = PANEL.left + index * 120;
      return (
        `<rect x="${x}" y="12" width="11" height="11" fill="${COLOURS[kind]}"/>` +
        text(x + 16, 22, NAMES[kind], 'start')
      );
    })
    .join('\n');
}

function drawPanel(panel: Panel, none: Summary, compared: readonly Comparison[]): string {
  const groups: { readonly label: string; readonly bars: readonly Bar[] }[] = [
    { label: '0', bars: [{ kind: 'none', value: panel.of(none) }] },
    ...compared.map(({ settings, reference, ours }) => ({
      label: `${settings.max}`,
      bars: [
        { kind: 'reference', value: panel.of(reference) },
        { kind: 'ours', value: panel.of(ours) },
      ] as const,
    })),
  ];
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const step = PANEL.across / groups.length;
  const drawn = groups.map(({ label, bars }, index) => {
    const middle = PANEL.left + step * (index + 0.5);
    return `${drawBars(bars, middle, most)}\n${text(middle, PANEL.base + 14, label, 'middle')}`;
  });
  const { left, across, base } = PANEL;
  return [
    text(left, 24, `${panel.title}, ${panel.unit}`, 'start', ' font-weight="bold"'),
    ...drawn,
    `<line x1="${left}" x2="${left + across}" y1="${base}" y2="${base}" stroke="#444444"/>`,
    text(left + across / 2, base + 28, 'preload-dispvm-max', 'middle'),
  ].join('\n');
}

function drawBars(bars: readonly Bar[], middle: number, most: number): string {
  const { full, width, gap } = BARS;
  const all = bars.length * width + (bars.length - 1) * gap;
  return bars
    .map(({ kind, value }, index) => {
      const height = most === 0 ? 0 : (value / most) * full;
      const x = middle - all / 2 + index * (width + gap);
      const y = PANEL.base - height;
      return (
        `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width}" height="${height.toFixed(1)}" fill="${COLOURS[kind]}"/>` +
        text(x + width / 2, y - 3, value.toFixed(1), 'middle')
      );
    })
    .join('\n');
}

function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${content}</text>`;
}
