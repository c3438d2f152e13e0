# Who may ask the agent what: questions under /v1/data/platform and its health, nothing else.
package system.authz

default allow := false

allow if {
	input.method == "POST"
	array.slice(input.path, 0, 3) == ["v1", "data", "platform"]
}

allow if {
	input.method == "GET"
	input.path == ["health"]
}
