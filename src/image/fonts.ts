import type { Libraries, Library } from '../application/libraries.js'
import type { Context } from '../docker/context.js'
import { withImageFiles } from '../docker/image-files.js'
import { DOCS } from '../lib/errors.js'

/** Libraries with which applications draw text, and so need fonts. */
const DRAWING: readonly (Library & { name: string })[] = [
  { name: 'Apache POI', jar: 'poi', classes: 'org/apache/poi/' },
  { name: 'EasyExcel', jar: 'easyexcel', classes: 'com/alibaba/excel/' },
  { name: 'JasperReports', jar: 'jasperreports', classes: 'net/sf/jasperreports/' },
  { name: 'JFreeChart', jar: 'jfreechart', classes: 'org/jfree/chart/' },
  { name: 'PDFBox', jar: 'pdfbox', classes: 'org/apache/pdfbox/' },
  { name: 'Apache FOP', jar: 'fop-core', classes: 'org/apache/fop/' },
  { name: 'Batik', jar: 'batik-awt-util', classes: 'org/apache/batik/ext/awt/' },
  { name: 'Flying Saucer', jar: 'flying-saucer-core', classes: 'org/xhtmlrenderer/' },
  { name: 'openhtmltopdf', jar: 'openhtmltopdf-core', classes: 'com/openhtmltopdf/' },
  { name: 'kaptcha', jar: 'kaptcha', classes: 'com/google/code/kaptcha/' },
  { name: 'EasyCaptcha', jar: 'easy-captcha', classes: 'com/wf/captcha/' }
]

/** Part of fontconfig that every distribution has at this path. */
const CONFIGURATION = '/etc/fonts/fonts.conf'

/** Logs that an image has no fonts if the application has a library that draws text: without a warm-up it would fail in production. */
export async function noteMissingFonts(
  { docker, log, id }: Pick<Context, 'docker' | 'log' | 'id'>,
  libraries: Libraries | undefined,
  image: string
): Promise<void> {
  const names = DRAWING.filter((library) => libraries?.has(library)).map(({ name }) => name)
  if (names.length === 0) return
  const configuration = await withImageFiles(docker, { run: id, image }, (files) =>
    files.resolve(CONFIGURATION)
  )
  if (configuration !== undefined) return
  log.info(
    `The base image has no fonts, and the application has ${names.join(', ')}. If it draws text, it fails: use a \`base-image\` with ` +
      `fontconfig and libfreetype6 (${DOCS}/frameworks.md), and send such a request in \`warmup\`.`
  )
}
