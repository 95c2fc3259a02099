//! One case per code: what an author writes, for a picture of what is said.

pub(super) const CASES: &[(&str, &str)] = &[
    ("E0201", r#"[{:name "web" :script "server.mjs"}]"#),
    ("E0202", r#"{:app [] :apps [{:name "web" :script "server.mjs"}]}"#),
    ("E0203", r#"{:name "web" :script "server.mjs"}"#),
    ("E0204", r#"{:apps {:name "web" :script "server.mjs"}}"#),
    (
        "E0205",
        r#"{:apps [{:name "web"
         :script "server.mjs"}
        :readiness_probe {:tcp 3000}
        :liveness_probe {:http_get {:url "http://localhost:3000/health"}}
        {:name "other" :script "other.mjs"}
        "third"]}"#,
    ),
    ("E0206", r#"{:apps [{"name" "web" :script "server.mjs" 7 true}]}"#),
    (
        "E0207",
        r#"{:apps [{:name "web" :script "server.mjs"
         :max-restart 3 :killTimeot 5 :enviroment {} :zzz 1}]}"#,
    ),
    (
        "E0208",
        r#"{:apps [{:name "web" :script "server.mjs"
         :kill_timeout 500 :kill-timeout 600 :out "a.txt" :outFile "b.txt"
         :env {:A 1 "A" 2}}]}"#,
    ),
    ("E0209", r#"{:apps [{:name "web" :script "server.mjs" :cwd nil :env {:TOKEN nil}}]}"#),
    ("E0210", "{:apps [{:script \"server.mjs\"}\n {:name \"web\"}]}"),
    (
        "E0211",
        r#"{:apps [{:name web :script "server.mjs" :max_restarts "many" :restart_delay "5s" :cwd 7
         :args ["--model" :small] :interpreter :python :watch #{"src"} :max_memory_restart 512M
         :env_files ".env" :env "A=1" :autorestart 1 :description ["x"]}]}"#,
    ),
    (
        "E0212",
        r#"{:apps [{:name "web" :script "server.mjs" :autorestart "true" :watch "false" :time "no"}]}"#,
    ),
    (
        "E0213",
        r#"{:apps [{:name "web" :script "server.mjs" :port 70000 :min_uptime 50 :kill_timeout -1
         :stop_exit_codes [0 256] :max_restarts 9007199254740993 :env {:ID 9007199254740993}}]}"#,
    ),
    (
        "E0214",
        r#"{:apps [{:name "a" :script "a.mjs" :max_memory_restart "1.5G"}
        {:name "b" :script "b.mjs" :max_memory_restart "300mb"}
        {:name "c" :script "c.mjs" :max_memory_restart "lots"}]}"#,
    ),
    ("E0215", r#"{:apps [{:name "web" :script "server.mjs" :min_uptime "10 sec"}]}"#),
    (
        "E0216",
        r#"{:apps [{:name "a" :script "a.mjs" :cron_restart "@daily"}
        {:name "b" :script "b.mjs" :cron_restart "0 0 31 2 *"}
        {:name "c" :script "c.mjs" :cron_restart "61 * * * *"}]}"#,
    ),
    (
        "E0217",
        r#"{:apps [{:name "web" :script "server.mjs" :exec_mode "clustr" :instances 2
         :prune :sometimes :on_change :replace_after}]}"#,
    ),
    ("E0218", r#"{:apps [{:name "web" :script "server.mjs" :env {:A "x\u0000y"}}]}"#),
    ("E0219", r#"{:apps [{:name "web" :script "a.mjs" :env {:A #envf ["%s" B] :B #my/tag 1}}]}"#),
    ("E0220", r#"{:apps [{:name "web" :script "server.mjs" :env {"A=B" 1 "" 2 :my/name 3}}]}"#),
    (
        "E0221",
        r#"{:apps [{:name "web" :script "server.mjs"
         :env {:name "other" :pm_id 77 :instances 3 :__proto__ "x" :NAME "fine"}}]}"#,
    ),
    ("E0222", r#"{:apps [{:name "web" :script "server.mjs" :env {:ECOSYSTEM_OWNER "me"}}]}"#),
    ("E0223", r#"{:apps [{:name "web" :script "server.mjs" :env {:MODE :fast :RATE 1.5M :SEP \,}}]}"#),
    (
        "E0224",
        r#"{:apps [{:name "all" :script "a.mjs"}
        {:name "42" :script "a.mjs"} {:name "/web/" :script "a.mjs"} {:name "-v" :script "a.mjs"}
        {:name "app.config.js.old" :script "a.mjs"} {:name "app.js" :script "a.mjs"}
        {:name "__proto__" :script "a.mjs"} {:name "a\nb" :script "a.mjs"} {:name "" :script "a.mjs"}]}"#,
    ),
    (
        "E0225",
        r#"{:apps [{:name "web" :script "server.mjs"}
        {:name "worker" :script "worker.mjs" :namespace "web"}]}"#,
    ),
    (
        "E0226",
        "--- a/ecosystem.edn
{:apps [{:name \"web\" :script \"a.mjs\"}]}
--- b/ecosystem.edn
{:apps [{:name \"web\" :script \"b.mjs\"}]}",
    ),
    ("E0227", r#"{:apps [{:name "web" :script "server.mjs" :cwd "~/web"}]}"#),
    ("E0228", r#"{:apps [{:name "web" :script "node server.mjs" :args ["--port" 3000]}]}"#),
    (
        "E0229",
        r#"{:apps [{:name "web" :script "server.mjs"
         :readiness_probe {:timeout "5s"}
         :liveness_probe {:tcp 3000 :log "listening"}
         :startup_probe {:http_get {:url "localhost:3000" :retrys 3}}}]}"#,
    ),
    (
        "E0230",
        r#"{:apps [{:name "web" :script "server.mjs"}] :deploy {:production {:user :deploy :host #{"a"}}}}"#,
    ),
    ("E0231", r#"{:apps [{:name "web" :script "" :cwd "" :env {:FINE ""}}]}"#),
    (
        "W0301",
        "--- web/ecosystem.edn
{:apps [{:name \"web\" :script \"server.mjs\"}]}
--- web.edn
{:apps [{:name \"old\" :script \"server.mjs\"}]}
--- mail.edn
{:apps [{:name \"mail\"
--- mail/Ecosystem.edn
{:apps [{:name \"mail\" :script \"mail.mjs\"}]}",
    ),
    (
        "E0233",
        "--- defaults.edn
{:defaults {:name \"web\" :max-restarts 5}}",
    ),
    (
        "E0234",
        "--- services/defaults.edn
{:owner \"team\" :defaults {}}",
    ),
    (
        "E0235",
        "--- defaults.edn
{:default {:max-restarts 5} :owner \"team\"}",
    ),
    (
        "E0236",
        r#"{:apps [{:name "${WHO}" :script "server.mjs" :env-file "${HOME}/x.env" :cron #env WHEN
         :env #or [#env A {:B 1}] :uid "${WHO:-ann}" :post-update ["echo ${HOME}"] :args #env ARGS}]}"#,
    ),
    (
        "E0237",
        r#"{:apps [{:name "web" :script "server.mjs" :args ["${A" "${A-b}" "$${A"] :cwd #or [#env A :home]}]}"#,
    ),
    (
        "E0238",
        r#"{:apps [{:name "web" :script "server.mjs" :depends-on ["database" {:name "cache" :condition :started} "smtp"]}
        {:name "data-base" :script "db.mjs"} {:name "cache" :script "cache.mjs" :enabled false}]}"#,
    ),
    (
        "E0239",
        "--- web/ecosystem.edn
{:apps [{:name \"web\" :script \"web.mjs\" :depends-on [\"api\"]}
        {:name \"self\" :script \"self.mjs\" :depends-on [\"self\" \"web\"]}]}
--- api/ecosystem.edn
{:apps [{:name \"api\" :script \"api.mjs\" :depends-on [{:name \"db\" :condition :started}]}]}
--- db/ecosystem.edn
{:apps [{:name \"db\" :script \"db.mjs\" :depends-on [\"web\"]}]}",
    ),
    ("W0306", r#"{:apps [{:name "web" :script "server.py" :exec_mode "cluster" :interpreter "python3"}]}"#),
    ("W0307", r#"{:apps [{:name "web" :script "node server.mjs --port 3000"}]}"#),
    ("W0308", r#"{:apps [{:name "web" :script "pnpm" :args ["pnpm" "start"]}]}"#),
    (
        "W0309",
        r#"{:apps [{:name "a" :script "a.mjs" :cwd "x" :out_file "../logs/all.log" :error_file "../logs/all.log"}
        {:name "b" :script "b.mjs" :error_file "./logs/all.log"}
        {:name "c" :script "c.mjs" :instances 1 :error_file "logs/all.log"}]}"#,
    ),
    (
        "W0310",
        r#"{:apps [{:name "a b" :script "a.mjs"} {:name "a:b" :script "b.mjs"}
        {:name "a/b" :script "c.mjs" :out_file "x" :error_file "y"}]}"#,
    ),
    (
        "W0311",
        r#"{:apps [{:name "a" :script "a.mjs" :env {:PORT "3000"}}
        {:name "b" :script "b.mjs" :port 3000} {:name "c" :script "c.mjs" :env {:PORT 3001}}]}"#,
    ),
    (
        "E0232",
        r#"{:apps [{:name "web" :script "a.mjs" :watch_options {:__proto__ {:usePolling true} :depth 2}}]
            :deploy {:production {"__proto__" 1}}}"#,
    ),
    (
        "W0312",
        r#"{:apps [{:name "web" :script "a.mjs" :env {:PM2_PROCESS_NAME "web-test"}}
        {:name "web-test" :script "b.mjs" :env {:PM2_PROCESS_NAME "web-test"}}]}"#,
    ),
    (
        "W0313",
        r#"{:apps [{:name "web" :script "a.mjs" :cwd "./services/web" :watch ["./services/web/src" "lib"]}
        {:name "fine" :script "b.mjs" :cwd "." :watch ["." "src"]}]}"#,
    ),
];
