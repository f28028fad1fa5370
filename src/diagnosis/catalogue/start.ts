import { signatures } from '../signature.js'
import { DOCS } from '../../lib/errors.js'

/** Ends the sentence on packages that an image lacks. */
const IN_BASE_IMAGE =
  'in an image that you build and set as `base-image`, or in a Dockerfile of your own (`file`): `FROM debian:trixie-slim`, then ' +
  '`RUN apt-get update && apt-get install --yes --no-install-recommends'

/** Returns how an application reaches the services of its job; `url` is an example of the URL of its data source. */
const services = (url: string): string =>
  'Set `network: ${{ job.services.NAME.network }}` with the name of the service, and let the application connect to that name instead of localhost, with the port inside the container: for example ' +
  `\`env: SPRING_DATASOURCE_URL=${url}\`. ` +
  'This value is for the checkpoint only, but an application that reads it once keeps it after a restore (' +
  `${DOCS}/frameworks.md#the-database-after-a-restore` +
  '). For a server on the runner itself, set `add-hosts: runner:host-gateway`, and use the name runner.'

/** Lines of the JVM and of the application while it starts and warms up: what it needs, and the image or the job does not have. */
export const start = signatures({ operations: ['dump'], stream: 'app' }, [
  {
    id: 'start-preview',
    pattern: /Preview features are not enabled for (\S{1,300}) \(class file version (\d{1,3})\.65535\)/m,
    category: 'input',
    cause: 'Class $1 uses preview features of Java (class file version $2).',
    fix: 'Add `--enable-preview` to `java-options`. The JDK must have the version of the class: its number minus 44.',
    weight: 'specific'
  },
  {
    id: 'start-class-version',
    pattern:
      /UnsupportedClassVersionError: (\S{1,300}) (?:has been compiled by a more recent version|.{0,100}Unsupported major\.minor version|.{0,40}\(unrecognized class file version).{0,100}?(\d{2,3})\.\d/m,
    category: 'jdk',
    cause:
      'Class $1 is compiled for a newer Java than this JDK: it has class file version $2 (65 is Java 21, 69 is Java 25).',
    fix: 'Set `distribution` and `java-version` to a newer JDK with CRaC, such as `distribution: zulu` and `java-version: 25`, or compile the application for the Java version of this JDK.',
    weight: 'specific'
  },
  {
    id: 'start-main-class',
    pattern: /Could not find or load main class (\S{1,300})/m,
    category: 'input',
    cause: 'The JVM did not find the main class $1, or a class that it extends.',
    fix: 'Set `main-class` to the full name of the class with the method main: for Kotlin it ends with Kt, and for Clojure without gen-class it is clojure.main.'
  },
  {
    id: 'start-agent-missing',
    pattern:
      /Error opening zip file or JAR manifest missing ?: ?(\S{1,300})|Could not find agent library (\S{1,300})/m,
    category: 'input',
    cause: 'The agent $1$2 is not in the image.',
    fix: `Add its file with the input \`files\`, for example \`files: agent.jar:/app/agent.jar\`, and use that path in \`java-options\` (${DOCS}/agents.md).`,
    weight: 'specific'
  },
  {
    id: 'start-agent-port',
    pattern:
      /transport error 202: bind failed: Address already in use|Exception thrown by the agent ?: .{0,200}Port already in use: (\d+)/m,
    category: 'input',
    cause:
      'The port $1 of a debugger or of JMX is in use by another JVM in the container, which has the same options.',
    fix: `Set these options in \`java-options\`, which apply to the application alone, and not in a variable of the environment (${DOCS}/agents.md).`,
    weight: 'specific'
  },
  {
    id: 'start-localhost',
    pattern:
      /Connection to (?:localhost|127\.0\.0\.1):(\d{1,5}) refused|Connection refused: (?:getsockopt: )?(?:localhost)?\/(?:127\.0\.0\.1|\[?[0:]*:1\]?):(?!431[78]|812[56]|9411|14250|14268)(\d{1,5})|Connection to node -?\d{1,10} \(localhost\/\S{1,40}:(\d{1,5})\) could not be established|Unable to connect to localhost(?:\/\S{1,40})?:(\d{1,5})|connecting to server localhost:(\d{1,5})|host=localhost\)\(port=(\d{1,5})\).{0,100}(?:refused|fail)|connection to the host localhost, port (\d{1,5}) has failed|[Cc]onnect to (?:https?:\/\/)?localhost:(\d{1,5}) .{0,100}[Ff]ailed|"https?:\/\/localhost:(\d{1,5})[^"\s]{0,200}": Connection refused|(?:CommunicationException: |Cannot connect to |broker URL: \w{1,10}:\/\/|[Ff]ailed to connect to |endPoint=)(?:localhost|\/127\.0\.0\.1)(?:\/(?:\[[^\]\s]{1,40}\]|[^\s:[]{1,40}))?:(?!431[78]|812[56]|9411|14250|14268)(\d{1,5})|[Cc]onnect to host, port: localhost, (\d{1,5})|listener at host localhost port (\d{1,5})/m,
    category: 'input',
    cause:
      'Nothing listens on localhost:$1$2$3$4$5$6$7$8$9$10$11$12 in the container of the application: the services of a job are in other containers.',
    fix: services('jdbc:postgresql://postgres:5432/orders'),
    weight: 'cause'
  },
  {
    id: 'start-mysql',
    pattern: /CommunicationsException: (Communications link failure)(?! during )/m,
    category: 'input',
    cause:
      'The connection to the MySQL server in the URL of the data source failed ($1). The services of a job are in other containers, and not at localhost.',
    fix: services('jdbc:mysql://mysql:3306/orders'),
    weight: 'general'
  },
  {
    // A name without a domain is that of another container; exporters and discovery may lack theirs without harm.
    id: 'start-unknown-host',
    pattern:
      /(?:UnknownHostException: (?:Failed to resolve ')?|DNS resolution failed for )(?![\w-]{0,62}(?:otel|telemetry|collector|jaeger|zipkin|tempo|loki|datadog|alloy|prometheus|apm|logstash|graylog|fluent|statsd|graphite|influx|pushgateway|eureka|config))(host\.docker\.internal|[a-z][a-z0-9_-]{0,62})(?=[':]|$)/m,
    category: 'input',
    cause: 'The name $1 is unknown in the container of the application.',
    fix: 'Set `network: ${{ job.services.NAME.network }}` for the services of the job, which have their names in that network; `add-hosts: NAME:ADDRESS` for another name; or `add-hosts: host.docker.internal:host-gateway` for the runner itself.',
    weight: 'cause'
  },
  {
    id: 'start-missing-file',
    pattern:
      /FileNotFoundException: ([^\s:()][^:()]{0,300}) \(No such file or directory\)|NoSuchFileException: (?!\/(?:proc|sys|tmp)\/)([^\s:]{1,300})\s*$|Config data (?:resource|location) '(?:file \[|optional:|file:){0,3}([^'\]]{1,300})\]?'.{0,200}(?:cannot be found|does not exist)/m,
    category: 'input',
    cause: 'The application did not find the file $1$2$3.',
    fix: `Add it to the image with the input \`files\` (${DOCS}/layouts.md); a relative path starts in /home/app. With a Dockerfile of your own, copy it there, and relative paths start in its WORKDIR.`,
    weight: 'general'
  },
  {
    // Some JDKs bring these libraries, others (of Debian, of openjdk/crac) use those of the system.
    id: 'start-freetype',
    pattern:
      /(lib(?:freetype|harfbuzz(?:-[a-z]{1,20})?|graphite2)\.so[.\d]{0,20}): cannot open shared object file/m,
    category: 'image',
    cause: 'The image lacks the library $1, with which Java draws text.',
    fix: `Install it, and fonts, ${IN_BASE_IMAGE} fontconfig libfreetype6 libharfbuzz0b fonts-dejavu-core\`.`,
    weight: 'specific'
  },
  {
    id: 'start-fontconfig',
    pattern:
      /Fontconfig head is null|sun\.awt\.FontConfiguration\.(?:head|getVersion\()|Cannot load default config file|Probable fatal error: ?No fonts found|Could not initialize class sun\.(?:awt\.(?:X11|Fc)FontManager|font\.(?:SunFontManager|FontManagerFactory))|(libfontconfig\.so[.\d]{0,20}): cannot open shared object file/m,
    category: 'image',
    cause: 'The image has no fonts: Java finds them with fontconfig.',
    fix: `Install fontconfig, which brings a font, ${IN_BASE_IMAGE} fontconfig libfreetype6 libharfbuzz0b\`.`,
    weight: 'specific'
  },
  {
    id: 'start-pictures',
    pattern: /(lib(?:jpeg|lcms2|png16|gif|turbojpeg)\.so[.\d]{0,20}): cannot open shared object file/m,
    category: 'image',
    cause: 'The image lacks the library $1, with which Java reads and writes pictures.',
    fix: `Install it ${IN_BASE_IMAGE} libjpeg62-turbo liblcms2-2 libpng16-16t64 libgif7\`.`,
    weight: 'specific'
  },
  {
    id: 'start-x11',
    pattern:
      /(lib(?:X11|Xext|Xrender|Xtst|Xi)\.so[.\d]{0,20}): cannot open shared object file|Can't connect to X11 window server/m,
    category: 'input',
    cause: 'The application opens a window, and the image lacks the X Window System ($1).',
    fix: `Add \`-Djava.awt.headless=true\` to \`java-options\` if the application has no windows. Else install the libraries ${IN_BASE_IMAGE} libx11-6 libxext6 libxrender1 libxtst6 libxi6\`.`,
    weight: 'specific'
  },
  {
    id: 'start-headless',
    pattern: /Can't load library: \S{1,300}\/libawt_xawt\.so|UnsatisfiedLinkError: no awt_xawt in /m,
    category: 'jdk',
    cause: 'The application opens a window, and the JDK is one without windows (headless).',
    fix: 'Add `-Djava.awt.headless=true` to `java-options` if the application has no windows. Else use a JDK that is not headless.',
    weight: 'specific'
  },
  {
    id: 'start-desktop',
    pattern:
      /UnsatisfiedLinkError: no (awt|fontmanager|freetype|lcms|javajpeg|mlib_image|jsound) in (?:java\.library\.path|system library path)|NoClassDefFoundError: (java\/awt\/\w{1,80})/m,
    category: 'jdk',
    cause: 'The JDK lacks the part of Java that draws: $1$2.',
    fix: 'Use a JDK with the module java.desktop: one of the other values of `distribution`, or an archive for `jdk-file` that was not made by jlink without it.',
    weight: 'specific'
  },
  {
    id: 'start-musl',
    pattern: /(libc\.musl-[\w.-]{1,40}|ld-musl-[\w.-]{1,40}): cannot open shared object file/m,
    category: 'application',
    cause: 'A native library of the application is built for Alpine Linux ($1), and the image has glibc.',
    fix: 'Build the application with the native library for glibc: libraries choose it by a classifier such as linux-x86_64 instead of linux-x86_64-musl.',
    weight: 'specific'
  },
  {
    id: 'start-library',
    pattern: /(lib[\w+-]{1,100}\.so[.\d]{0,20}): cannot open shared object file/m,
    category: 'image',
    cause: 'The image lacks the library $1.',
    fix: `Install the Debian package that has it ${IN_BASE_IMAGE} PACKAGE\`. The search for a file on packages.debian.org names the package: libstdc++.so.6 is in libstdc++6, libgomp.so.1 in libgomp1, libasound.so.2 in libasound2t64, libcups.so.2 in libcups2t64. Of libaio1t64, link libaio.so.1t64 to the name libaio.so.1.`
  },
  {
    id: 'start-noexec',
    pattern: /UnsatisfiedLinkError: (\S{1,300}): .{0,200}failed to map segment from shared object/m,
    category: 'image',
    cause: 'The native library $1 is on a file system from which nothing may be executed.',
    fix: 'Mount /tmp with the option exec, or set the folder of native libraries to /home/app in `java-options` (-Djava.io.tmpdir=/home/app, or the property of the library).',
    weight: 'specific'
  }
])
