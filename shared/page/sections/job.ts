import { isFailure, type TaskOverview, type TaskRun } from '../../pipeline/overview/index.js'
import { job, taskOf } from '../../pipeline/step/index.js'
import { ago, count, moment, seconds } from '../figures.js'
import { Html, html } from '../html.js'
import { actionOf, linkTo, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, numberColumn } from './dataTable.js'

/** The job's tasks: their last runs, and a button that runs one again. */
export function jobSection(data: PageData): Html {
  const tasks = [...data.overview.tasks].sort(byTask)
  return html`<section aria-labelledby="job">
    <h2 id="job">Job <code>${job.name}</code></h2>
    ${
      tasks.length === 0
        ? html`<p class="dim">No run was recorded yet.</p>`
        : dataTable(
            { heading: 'job' },
            [
              column('Task'),
              column('Last runs, the newest right'),
              column('Newest'),
              numberColumn('Took'),
              numberColumn('Rows'),
              column(html`<span class="hidden">Again</span>`),
            ],
            tasks.map(task => taskRow(data, task)),
          )
    }
  </section>`
}

const order = [...job.tasks.map(({ step }): string => step), 'maintenance', 'replay', 'training']

/** Tasks in the order of one run of the job, then what runs beside it. */
export function byTask(a: TaskOverview, b: TaskOverview): number {
  const rank = ({ step }: TaskOverview) => order.indexOf(step) + 1 || order.length + 1
  return rank(a) - rank(b) || compare(a.stream, b.stream)
}

function taskRow(data: PageData, task: TaskOverview): Html {
  const { step, stream, runs } = task
  const [last] = runs
  const of = stream === undefined ? '' : ` AND stream = ${quotedText(stream)}`
  const sql = `SELECT start_time, end_time, outcome, trigger, rows_in, rows_out, error_message FROM cluster_logs WHERE step = ${quotedText(step)}${of} ORDER BY end_time DESC LIMIT 100`
  const name = taskOf(step)
  return html`<tr>
    <th scope="row">
      <a href="${linkTo(data, { sql }, 'sql')}">${name ?? step}</a
      >${stream === undefined ? undefined : html` <span class="dim">${stream}</span>`}
    </th>
    <td>${strip(runs)}</td>
    <td>
      ${last === undefined ? '–' : html`${outcomeWord(last.outcome)} <small class="dim">${ago(last.end, data.now)}</small>${last.error === undefined ? undefined : html`<br /><small>${last.error}</small>`}`}
    </td>
    <td class="num">${last === undefined ? '–' : seconds((last.end - last.start) / 1000)}</td>
    <td class="num">${count(last?.rowsOut)}</td>
    <td>${name === undefined ? undefined : again(data, name)}</td>
  </tr>`
}

/** Runs as small marks; a failure is a cross too, not a colour alone. */
function strip(runs: readonly TaskRun[]): Html {
  const shown = runs.slice(0, 16).reverse()
  const failed = shown.filter(({ outcome }) => isFailure(outcome)).length
  const marks = shown.map(({ outcome, end, start, rowsOut }, i) => {
    const title = html`<title>
      ${moment(end)}: ${outcome}, ${count(rowsOut)} rows, ${seconds((end - start) / 1000)}
    </title>`
    const x = i * 11
    return isFailure(outcome)
      ? html`<g class="run failed"
          >${title}<rect x="${x}" y="2" width="8" height="14" rx="2" /><path d="M${x + 2} 6l4 6m0-6l-4 6"
        /></g>`
      : html`<rect
          class="run ${new Html(outcome === 'committed' ? 'committed' : 'idle')}"
          x="${x}"
          y="2"
          width="8"
          height="14"
          rx="2"
          >${title}</rect
        >`
  })
  return html`<svg
    class="strip"
    viewBox="0 0 176 18"
    width="176"
    height="18"
    role="img"
    aria-label="${shown.length} runs, ${failed} failed"
  >
    ${marks}
  </svg>`
}

function outcomeWord(outcome: string): string {
  return outcome === 'nothingToDo' ? 'nothing to do' : outcome
}

function again(data: PageData, name: string): Html {
  return html`<form method="post" action="${actionOf(data, 'lake/run')}">
    <input type="hidden" name="task" value="${name}" /><button title="Run ${name} now">
      Run<span class="hidden"> ${name}</span>
    </button>
  </form>`
}

function compare(a: string | undefined, b: string | undefined): number {
  return (a ?? '') < (b ?? '') ? -1 : 1
}
