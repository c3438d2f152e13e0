# Which images may run: from a known registry, under an exact tag or digest.
package platform.images

registries := {"docker.io", "ghcr.io", "quay.io", "registry.k8s.io"}

default allowed := false

# No question, no permission: without a list of images nothing is allowed.
allowed if {
	count(input.images) > 0
	count(problems) == 0
}

problems contains sprintf("%s: not from one of the registries", [image]) if {
	some image in input.images
	not split(image, "/")[0] in registries
}

problems contains sprintf("%s: a tag that moves; name a version or a digest", [image]) if {
	some image in input.images
	not exact(image)
}

exact(image) if contains(image, "@sha256:")

exact(image) if {
	parts := split(image, "/")
	name := parts[count(parts) - 1]
	tag := split(name, ":")[1]
	tag != ""
	not tag in {"latest", "stable", "edge", "main", "master"}
}
