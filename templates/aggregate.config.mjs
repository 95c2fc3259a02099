{%- include "header.mjs" %}

{% for import in imports -%}
import { apps as {{ import.name }} } from {{ import.specifier }};
{% endfor %}
export const apps = [
{%- for import in imports %}
  ...{{ import.name }},
{%- endfor %}
];

export default { apps };
