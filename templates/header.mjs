// GENERATED from the source below. Do not edit: the next run overwrites this file.
// source:     {{ header.source }}
// regenerate: ecosystem-cli render <root>
// digest:     {# filled in by header::seal, since it stands for all the rest #}
// version:    {{ header.version }}
// time:       {{ header.time }}
