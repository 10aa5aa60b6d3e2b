/// The words of the command line, as promised.
enum CommandContract {
    /// Each command with its options, as promised.
    static let options: [(words: String, options: String)] = [
        (
            "control",
            "--data --host --api-port --publish-port --sync-port --insecure --webhook --webhook-secret-file"
        ),
        (
            "agent",
            "--control --publish-port --sync-port --environment --data --socket --socket-mode --socket-group "
                + "--probe-port --ofrep-port --name --service --service-version --health --health-timeout --explain"
        ),
        ("dev", "--socket --data --explain"),
        (
            "apply",
            "--environment --dry-run --keys-from --column --set --prune --lenient --message --control-url --json"
        ),
        ("flag list", "--stale --environment --control-url --json"),
        ("flag show", "--environment --control-url --json"),
        ("flag default", "--environment --control-url --json"),
        ("flag enable", "--environment --control-url --json"),
        ("flag disable", "--environment --control-url --json"),
        ("flag delete", "--environment --control-url --json"),
        (
            "flag ramp",
            "--variant --percent --off --pilot --exclude --over --by --salt --environment --message --control-url --json"
        ),
        ("flag kill", "--to --environment --message --control-url --json"),
        ("flag unkill", "--environment --message --control-url --json"),
        ("component list", "--environment --control-url --json"),
        ("component show", "--environment --control-url --json"),
        ("component create", "--version --upstream --environment --message --control-url --json"),
        ("component add-version", "--upstream --environment --message --control-url --json"),
        ("component retire-version", "--environment --message --control-url --json"),
        ("component default", "--unchecked --environment --message --control-url --json"),
        ("component split", "--unchecked --environment --message --control-url --json"),
        ("component pilot", "--unchecked --environment --message --control-url --json"),
        (
            "component ramp",
            "--version --percent --pilot --exclude --over --by --salt --unchecked --environment --message --control-url "
                + "--json"
        ),
        ("component kill", "--to --environment --message --control-url --json"),
        ("component unkill", "--environment --message --control-url --json"),
        ("component who", "--keys-from --column --context --environment --control-url --json"),
        ("component delete", "--yes --environment --message --control-url --json"),
        ("pilot list", "--environment --control-url --json"),
        ("pilot show", "--members --csv --environment --control-url --json"),
        ("pilot create", "--rule --percent --exclude --environment --control-url --json"),
        ("pilot edit", "--rule --percent --exclude --environment --control-url --json"),
        ("pilot add", "--from --column --environment --control-url --json"),
        ("pilot remove", "--from --column --environment --control-url --json"),
        ("pilot delete", "--environment --control-url --json"),
        ("environment list", "--control-url --json"),
        ("environment create", "--bucketing --control-url --json"),
        ("environment new-epoch", "--yes --control-url --json"),
        ("lookup", "--component --targeting-key --context --socket --json"),
        ("explain", "--component --targeting-key --context --at --time --environment --control-url --json"),
        ("status", "--environment --control-url --json"),
        ("deployment record", "--upstream --where --verify --environment --message --control-url --json"),
        ("deployment verify", "--where --url --passed --failed --environment --message --control-url --json"),
        ("deployment list", "--environment --control-url --json"),
        ("deployment retire", "--where --environment --message --control-url --json"),
        (
            "release create",
            "--replace --template --flag --component --require --opens --environment --message --control-url --json"
        ),
        ("release show", "--environment --control-url --json"),
        ("release list", "--state --calendar --from --until --environment --control-url --json"),
        ("release start", "--opens --now --wait --despite-freeze --environment --message --control-url --json"),
        ("release advance", "--to --early --despite-freeze --environment --message --control-url --json"),
        ("release hold", "--environment --message --control-url --json"),
        ("release resume", "--despite-freeze --environment --message --control-url --json"),
        ("release launch", "--early --despite-freeze --environment --message --control-url --json"),
        ("release rollback", "--skip-conflicts --environment --message --control-url --json"),
        ("release cancel", "--environment --message --control-url --json"),
        ("release delete", "--yes --environment --message --control-url --json"),
        ("release notes", "--audience --environment --control-url --json"),
        ("freeze set", "--from --until --weekly --time-zone --reason --environment --message --control-url --json"),
        ("freeze list", "--environment --control-url --json"),
        ("freeze remove", "--environment --message --control-url --json"),
        ("who", "--keys-from --column --context --environment --control-url --json"),
        ("fleet", "--environment --wait --revision --expect --timeout --control-url --json"),
        ("fleet forget", "--environment --control-url --json"),
    ]

    /// Options without a variable: what they say holds for one command, once.
    static func isOfTheMoment(_ option: String, _ words: String) -> Bool {
        [
            "--component", "--flag", "--version", "--require", "--percent", "--exclude", "--from", "--until", "--to",
            "--opens", "--wait", "--despite-freeze", "--early", "--now", "--skip-conflicts", "--unchecked",
        ].contains(option) || (option == "--url" && words != "health")
    }
}
