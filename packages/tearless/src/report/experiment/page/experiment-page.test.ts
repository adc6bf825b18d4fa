import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { escapeHtml } from '../../html.ts';
import { renderExperimentCharts } from '../charts.ts';
import type { ArmEstimate, ArmFigures, ExperimentPicture } from '../experiment-report.ts';
import { samplePicture } from '../testing/sample-picture.ts';
import { renderExperimentPage } from './experiment-page.ts';

const page = (picture: ExperimentPicture): string => renderExperimentPage(picture, { public: false });

/** What a person reads of a page: no tags, no style. */
const readable = (html: string): string => html.replace(/<style>[\s\S]*?<\/style>/g, '').replace(/<[^>]*>/g, ' ');

/** All that is drawn: attributes that hold numbers. */
const drawn = (html: string): string =>
  [...html.matchAll(/ (?:d|[cr]?[xy][12]?|r|width|height|viewBox|transform)="([^"]*)"/g)]
    .map(([, value]) => value)
    .join(' ');

const noNonsense = (html: string): void => {
  assert.doesNotMatch(readable(html), /\b(NaN|Infinity|undefined|null)\b|\[object/);
  assert.doesNotMatch(drawn(html), /NaN|Infinity|undefined|null/);
};

const withRelayName = (picture: ExperimentPicture, name: string): ExperimentPicture => ({
  ...picture,
  report: {
    ...picture.report,
    title: name,
    arms: picture.report.arms.map((arm) => ({
      ...arm,
      name,
      exclusions: arm.exclusions.map((one) => ({ ...one, relay: name, cause: name })),
    })),
    verdict: { ...picture.report.verdict, sentences: [name] },
  },
  findings: picture.findings.map((finding) => ({ ...finding, message: name, relays: [name] })),
  dots: picture.dots.map((dot) => ({ ...dot, relay: name })),
  reproduce: [name],
});

describe('the page of an experiment', () => {
  it('says the verdict before any figure', () => {
    const text = readable(page(samplePicture()));
    const verdict = text.indexOf('jemalloc 5.3.0 goes with the least memory.');
    assert.ok(verdict > 0 && verdict < text.indexOf('Memory of every relay'));
    assert.match(text, /Verdict: an association, since relays were not assigned at random/);
  });

  it('shows both sets of figures where relays are left out, and says where they are the same', () => {
    const html = page(samplePicture());
    const rows = [...html.matchAll(/<tr><td>(jemalloc 5\.3\.0|restart-48h)<br>[\s\S]*?<\/tr>/g)].map(([row]) => row);
    assert.equal(rows.length, 2);
    const jemalloc = rows.find((row) => row.includes('jemalloc')) ?? '';
    assert.match(jemalloc, />10<[\s\S]*2\.67 GB[\s\S]*>7<[\s\S]*3\.33 GB/);
    assert.doesNotMatch(jemalloc, /the same: no relay left out/);
    assert.match(rows.find((row) => row.includes('restart-48h')) ?? '', /the same: no relay left out/);
  });

  it('puts every finding once, an arm’s into the panel of the arm', () => {
    const html = page(samplePicture());
    for (const { message } of samplePicture().findings)
      assert.equal(html.split(escapeHtml(message)).length, 2, message);
    const panel = /<section class="panel"><h3>jemalloc[\s\S]*?<\/section>/.exec(html)?.[0] ?? '';
    assert.match(panel, /tulip1x0 and two more lack V2Dir/);
  });

  it('keeps a finding whose arm or code it does not know', () => {
    const picture = samplePicture();
    const html = page({
      ...picture,
      findings: [
        { code: 'brand-new', kind: 'fact', severity: 'error', relays: [], message: 'unheard of' },
        {
          code: 'warm-up',
          kind: 'inference',
          severity: 'warning',
          arm: 'gone',
          relays: [],
          message: 'of an arm that left',
        },
      ],
    });
    assert.match(html, /unheard of/);
    assert.match(html, /of an arm that left/);
  });

  it('lets broken guardrails stand out in the panel of their arm, and names those that held', () => {
    const panel = /<section class="panel"><h3>restart-48h[\s\S]*?<\/section>/.exec(page(samplePicture()))?.[0] ?? '';
    assert.match(
      panel,
      /<b>guardrail broken<\/b> <span class="soft">flag HSDir, adjusted p &lt; 0\.001<\/span><br>10 of 10 relays lack the flag HSDir\./,
    );
    assert.match(panel, /Guardrails that held: bandwidth\./);
  });

  it('labels clean figures that are exploratory, with the reason', () => {
    const picture = samplePicture();
    const html = page({
      ...picture,
      report: { ...picture.report, exploratory: 'Relays are left out for what they use.' },
    });
    assert.match(html, />clean, exploratory<\/th>/);
    assert.match(html, /exploratory:<\/b> Relays are left out for what they use\./);
    assert.doesNotMatch(page(picture), /exploratory/);
  });

  it('loads nothing and runs nothing', () => {
    const html = page(samplePicture());
    assert.doesNotMatch(html, /<script|<link|<img|<iframe|<object|<embed|<base|@import|url\(|srcset|\son\w+=/i);
    assert.doesNotMatch(html, /\b(?:src|href|xlink:href|action|data)\s*=/i);
    assert.doesNotMatch(html, /https?:\/\//);
  });

  it('tells those who hear it what every chart shows', () => {
    const html = page(samplePicture());
    const charts = html.match(/<svg [^>]*>/g) ?? [];
    assert.ok(charts.length >= 14, `${charts.length} charts`);
    for (const chart of charts) assert.match(chart, /role="img" aria-label="[^"]{20,}"/);
    assert.match(html, /<summary>Figures of every relay<\/summary>/);
    assert.match(html, /<summary>Mean of every arm by day<\/summary>/);
  });

  it('escapes whatever a name holds', () => {
    const hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;";
    const html = page(withRelayName(samplePicture(), hostile));
    assert.doesNotMatch(html, /<script|<img/);
    assert.ok(html.includes(escapeHtml(hostile)));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (name) => {
        const picture = withRelayName(samplePicture({ relaysPerArm: 2, bins: 3 }), `<${name}"'`);
        const tags = (text: string) => text.match(/<[a-z!/][^\s>]*/gi)?.length;
        const plain = tags(page(withRelayName(picture, 'plain')));
        const html = page(picture);
        assert.equal(tags(html), plain);
        for (const text of [html, ...renderExperimentCharts(picture, { public: false }).map(({ svg }) => svg)]) {
          assert.ok(text.isWellFormed());
          assert.doesNotMatch(text, /[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('shows what is not known as a dash, never as NaN', () => {
    const picture = samplePicture();
    const nothing: ArmEstimate = {
      mean: Number.NaN,
      low: Number.NaN,
      high: Number.POSITIVE_INFINITY,
      bootstrapT: { low: Number.NaN, high: Number.NaN },
    };
    const broken: ArmFigures = {
      relays: 0,
      rssBytes: nothing,
      slopeBytesPerDay: nothing,
      versusControl: { ratio: nothing, difference: nothing, adjustedP: Number.NaN, window: { from: 'never', to: '' } },
      restarts: 0,
    };
    const empty: ArmFigures = { relays: 0, rssBytes: null, slopeBytesPerDay: null, versusControl: null, restarts: 0 };
    for (const figures of [broken, empty]) {
      const worst: ExperimentPicture = {
        ...picture,
        report: {
          ...picture.report,
          control: null,
          window: { from: '', to: 'whenever', how: '' },
          arms: picture.report.arms.map((arm) => ({ ...arm, asAssigned: figures, clean: figures })),
        },
        timelines: picture.timelines.map((timeline, index) => ({
          ...timeline,
          meanBytes: timeline.meanBytes.map((mean, bin) => (bin % 3 === index ? Number.NaN : mean)),
          lowBytes: [],
          highBytes: timeline.highBytes.map(() => Number.NaN),
          restartsMs: [Number.NaN, ...timeline.restartsMs],
        })),
        dots: picture.dots.map((dot) => ({ ...dot, meanBytes: Number.NaN, slopeBytesPerDay: null })),
        data: { ...picture.data, fromMs: Number.NaN, toMs: Number.POSITIVE_INFINITY },
      };
      for (const isPublic of [false, true]) {
        noNonsense(renderExperimentPage(worst, { public: isPublic }));
        for (const { svg } of renderExperimentCharts(worst, { public: isPublic })) noNonsense(svg);
      }
    }
  });

  it('shows each relay’s figure where there are too few for an interval', () => {
    const picture = samplePicture();
    const few: ArmEstimate = { mean: 2e9, low: null, high: null, values: [1.5e9, 2.5e9] };
    const html = page({
      ...picture,
      report: {
        ...picture.report,
        arms: picture.report.arms.map((arm) => ({
          ...arm,
          asAssigned: { ...arm.asAssigned, relays: 2, rssBytes: few },
        })),
      },
    });
    assert.match(html, /each: 1\.50 GB, 2\.50 GB/);
  });

  it('stands without arms, relays or measurements', () => {
    const picture = samplePicture({ arms: 0 });
    noNonsense(page(picture));
    assert.match(page(picture), /no arms, so there is nothing to compare/);
    noNonsense(page(samplePicture({ relaysPerArm: 0, bins: 0 })));
    assert.match(page(samplePicture({ relaysPerArm: 1, bins: 0 })), /no measurements/);
  });

  it('stays below a megabyte with 142 relays in each of ten arms, and 400 bins', () => {
    const html = page(samplePicture({ arms: 10, relaysPerArm: 142, bins: 400 }));
    assert.ok(html.length < 1_000_000, `${html.length} bytes`);
  });

  it('is the same every time', () => assert.equal(page(samplePicture()), page(samplePicture())));
});
