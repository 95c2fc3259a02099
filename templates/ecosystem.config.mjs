{%- include "header.mjs" %}

{% if reads_env_files -%}
import { readFileSync } from "node:fs";
{% endif -%}
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
{% if reads_env_files -%}
import { parseEnv } from "node:util";
{% endif %}
const root = resolve(fileURLToPath(new URL({{ root }}, import.meta.url)));
const base = {{ base }};
const owner = {{ owner }};
{% if reads_env_files %}
function readEnvFiles(app, cwd, paths) {
  const env = {};
  for (const written of paths) {
    const optional = written.endsWith("?");
    const path = resolve(cwd, optional ? written.slice(0, -1) : written);
    try {
      Object.assign(env, parseEnv(readFileSync(path, "utf8")));
    } catch (cause) {
      if (optional && cause.code === "ENOENT") continue;
      throw new Error(`app ${app}: cannot read env file ${path}: ${cause.message}`, { cause });
    }
  }
  return env;
}
{% endif %}
{%- if has_references %}
{% include "references.mjs" %}
{% endif %}
{%- if refers_for_folder %}
const resolveFolder = (base, path) => (path.startsWith("/") ? path : resolve(base, path));
{% endif %}
{%- for app in apps %}
{%- for lookup in app.lookups %}
const {{ lookup }};
{%- endfor %}
{%- endfor %}
{%- if has_references %}
{% endif %}
export const apps = [
{%- for app in apps %}
{%- if let Some(description) = app.description %}
  // {{ description }}
{%- endif %}
  {
{%- for property in app.before_env %}
    {{ property.key }}: {{ property.value }},
{%- endfor %}
    env: {
{%- if let Some(env_files) = app.env_files %}
      ...{{ env_files }},
{%- endif %}
{%- for variable in app.env %}
      {{ variable.key }}: {{ variable.value }},
{%- endfor %}
      ECOSYSTEM_OWNER: owner,
      ECOSYSTEM_SOURCE: {{ source }},
      ECOSYSTEM_DIGEST: {{ app.digest }},
    },
{%- for property in app.after_env %}
    {{ property.key }}: {{ property.value }},
{%- endfor %}
  },
{%- endfor %}
];
{% if let Some(deploy) = deploy %}
export const deploy = {{ deploy }};

export default { apps, deploy };
{% else %}
export default { apps };
{% endif -%}