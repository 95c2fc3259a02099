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
  for (const path of paths.map((path) => resolve(cwd, path))) {
    try {
      Object.assign(env, parseEnv(readFileSync(path, "utf8")));
    } catch (cause) {
      throw new Error(`app ${app}: cannot read env file ${path}: ${cause.message}`, { cause });
    }
  }
  return env;
}
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
      ...readEnvFiles({{ app.name }}, {{ app.cwd }}, {{ env_files }}),
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