// What charts are painted with: in a page the page's own colours, which follow light and dark; in a file fixed ones, since a
// renderer of SVG files knows no CSS variables. Arm and excluded are blue and orange, told apart by every kind of colour
// vision, and the shape says it once more.

export interface Theme {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly paper: string;
  readonly tint: string;
  /** The arm that is looked at. */
  readonly arm: string;
  /** What it is compared with. */
  readonly control: string;
  /** Relays left out of the clean figures. */
  readonly excluded: string;
}

export const pageTheme: Theme = {
  ink: 'var(--ink)',
  soft: 'var(--soft)',
  line: 'var(--line)',
  paper: 'var(--paper)',
  tint: 'var(--tint)',
  arm: 'var(--b)',
  control: 'var(--a)',
  excluded: 'var(--c)',
};

export const fileTheme: Theme = {
  ink: '#1b1f24',
  soft: '#5b6672',
  line: '#d9dee4',
  paper: '#ffffff',
  tint: '#f1f4f7',
  arm: '#2f6fdf',
  control: '#7b8794',
  excluded: '#b45f10',
};

/** Found on most systems under one name or another; the last one is generic. */
export const fontFamily = 'system-ui, Inter, Helvetica, Arial, DejaVu Sans, Liberation Sans, Noto Sans, sans-serif';
