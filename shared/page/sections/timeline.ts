import { fewRoutine, type NotableEvent, type TaskOverview } from '../../pipeline/overview/index.js'
import { ago, count, moment, timeOfDay } from '../figures.js'
import { type Html, html } from '../html.js'
import type { PageData } from '../pageData.js'
import { byTask } from './job.js'

/** Lanes beyond these are not drawn. */
const maxLanes = 16
const maxEvents = 40
/** Rejections and compactions come with every look or run: more would leave no room for what is rare. */
const maxOfRoutine = 5

/** When what ran, and what happened that is worth a line. */
export function timelineSection(data: PageData): Html {
  const lanes = data.overview.tasks
    .filter(({ timeline }) =>
      timeline[data.request.range].at.some(at => at * timeline[data.request.range].stepMs >= data.from),
    )
    .sort(byTask)
    .slice(0, maxLanes)
  const events = happened(data).filter(({ at }) => at >= data.from)
  return html`<section aria-labelledby="timeline">
    <h2 id="timeline">Timeline <small class="dim">last ${data.request.range}</small></h2>
    ${
      lanes.length === 0
        ? html`<p class="dim">Nothing ran in that time.</p>`
        : html`<div class="wide" tabindex="0" role="region" aria-labelledby="timeline">${drawn(data, lanes)}</div>`
    }${
      events.length === 0
        ? html`<p class="dim">Nothing out of the ordinary happened in that time.</p>`
        : html`<ol class="events">
            ${fewRoutine(events, maxOfRoutine)
              .slice(0, maxEvents)
              .map(event => item(data, event))}
          </ol>`
    }
  </section>`
}

const [width, labels, lane] = [960, 190, 20]

function drawn(data: PageData, lanes: readonly TaskOverview[]): Html {
  const { range } = data.request
  const height = lanes.length * lane + 18
  const to = Math.max(data.now, data.from + 1)
  const x = (ms: number) => Math.round((labels + ((ms - data.from) / (to - data.from)) * (width - labels)) * 10) / 10
  const rows = lanes.map((task, i) => {
    const { at, stepMs, values } = task.timeline[range]
    const most = Math.max(1, ...values.rowsOut.map(n => n ?? 0))
    const y = i * lane
    const marks = at.map((step, n) => {
      const [runs, committed, failed, rows] = [
        values.runs[n] ?? 0,
        values.committed[n] ?? 0,
        values.failed[n] ?? 0,
        values.rowsOut[n] ?? 0,
      ]
      const kind = failed > 0 ? 'failed' : committed > 0 ? `committed l${String(Math.ceil((rows / most) * 3))}` : 'idle'
      const start = Math.max(labels, x(step * stepMs))
      const size = Math.max(1.5, Math.min(width, x((step + 1) * stepMs)) - start - 1)
      return html`<rect
        class="run ${kind}"
        x="${start}"
        y="${y + 3}"
        width="${Math.round(size * 10) / 10}"
        height="${lane - 6}"
        ><title>
          ${moment(step * stepMs)}: ${count(runs)} runs, ${count(committed)} committed, ${count(failed)} failed,
          ${count(rows)} rows
        </title></rect
      >`
    })
    const name = `${task.step}${task.stream === undefined ? '' : ` ${task.stream}`}`
    return html`<text class="label" x="0" y="${y + 14}">${name.length > 28 ? `${name.slice(0, 27)}…` : name}</text
      >${marks}`
  })
  return html`<svg
    class="lanes"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Runs of ${lanes.length} tasks over the last ${range}"
  >
    ${rows}
    <text class="tick" x="${labels}" y="${height - 4}">${label(data.from, range)}</text>
    <text class="tick end" x="${width}" y="${height - 4}">${label(to, range)}</text>
  </svg>`
}

function label(ms: number, range: string): string {
  return range === '7d' ? moment(ms).slice(5, 16) : timeOfDay(ms)
}

type TimelineEvent = Omit<NotableEvent, 'kind'> & { readonly kind: NotableEvent['kind'] | 'fired' | 'resolved' }

/** What the lake's overview tells, and alerts that began and ended; the newest first. */
function happened({ overview, alerts }: PageData): readonly TimelineEvent[] {
  const changes = alerts.changes.map(({ at, state, alert, about, sentence }) => ({
    at,
    kind: state,
    about: about === '' ? alert : `${alert}, ${about}`,
    text: state === 'fired' ? sentence : '',
  }))
  return [...overview.events, ...changes].sort((a, b) => b.at - a.at)
}

const words: Readonly<Record<TimelineEvent['kind'], string>> = {
  fired: 'alert',
  resolved: 'resolved',
  status: 'verdict',
  rejected: 'rejected',
  failed: 'failed',
  compacted: 'compacted',
  replayed: 'replayed',
  erased: 'erased',
  model: 'model',
}

function item({ now }: PageData, { at, kind, about, text }: TimelineEvent): Html {
  return html`<li>
    <time title="${ago(at, now)}">${moment(at)}</time> <span class="kind ${kind}">${words[kind]}</span>
    <b>${about}</b> ${text}
  </li>`
}
