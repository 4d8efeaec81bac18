package deploy_test

import (
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"brazebridge/config"
)

const (
	pod       = "spec/template/spec/"
	container = pod + "containers/0/"
)

// manifest finds the only document of a kind.
func manifest(t *testing.T, kind string) tree {
	t.Helper()
	var found []tree
	for _, d := range readTrees(t, "kubernetes.yaml") {
		if d.find("kind") == kind {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		t.Fatalf("kubernetes.yaml holds %d documents of kind %s, want 1", len(found), kind)
	}
	return found[0]
}

// manifestConfig is the configuration in the ConfigMap, as the bridge reads it.
func manifestConfig(t *testing.T) *config.Config {
	t.Helper()
	text := manifest(t, "ConfigMap").text("data/brazebridge.yaml")
	cfg, _, err := config.Parse("kubernetes.yaml", []byte(text), config.ResolveLenient)
	if err != nil {
		t.Fatalf("the configuration in the ConfigMap has faults: %v", err)
	}
	return cfg
}

// The probes come from outside the pod: the listener must not listen to the pod alone, and the port must be the one they ask.
func TestProbesReachTheAdminListener(t *testing.T) {
	host, port, err := net.SplitHostPort(manifestConfig(t).Admin.Listen)
	if err != nil {
		t.Fatal(err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		t.Errorf("admin.listen is %s, want all interfaces", host)
	}
	d := manifest(t, "Deployment")
	d.want(container+"ports/0/name", "admin", "the probes name the port")
	d.want(container+"ports/0/containerPort", port, "it is the port of admin.listen")
	for probe, path := range map[string]string{"livenessProbe": "/healthz", "readinessProbe": "/readyz"} {
		d.want(container+probe+"/httpGet/path", path, "the admin listener answers there")
		d.want(container+probe+"/httpGet/port", "admin", "the admin listener answers there")
	}
	s := manifest(t, "Service")
	s.want("spec/ports/0/targetPort", "admin", "the scraper asks the admin listener")
	s.want("spec/ports/0/port", port, "the scraper asks the admin listener")
	manifest(t, "NetworkPolicy").want("spec/ingress/0/ports/0/port", "admin", "all else stays closed")
}

// A pod that is killed before it has drained sends twice what was on its way.
func TestPodOutlivesTheDrain(t *testing.T) {
	seconds, err := strconv.Atoi(manifest(t, "Deployment").text(pod + "terminationGracePeriodSeconds"))
	if err != nil {
		t.Fatal(err)
	}
	grace := time.Duration(seconds) * time.Second
	// The last commit and leaving the group come after the drain.
	const after = 10 * time.Second
	if drain := manifestConfig(t).Delivery.DrainTimeout.D(); grace < drain+after {
		t.Errorf("the pod has %s to end, want at least %s more than the drain's %s", grace, after, drain)
	}
}

// Two pods with one instance id fence each other, and a Deployment's pods have no names that last.
func TestDeploymentHasNoStaticMembership(t *testing.T) {
	if id := manifestConfig(t).Kafka.InstanceID; id != "" {
		t.Errorf("kafka.instance_id is %q, want none", id)
	}
}

// What the restricted Pod Security Standard asks for, and a root file system that nothing can write to.
func TestPodIsRestricted(t *testing.T) {
	d := manifest(t, "Deployment")
	const why = "the restricted Pod Security Standard"
	d.want(pod+"securityContext/runAsNonRoot", "true", why)
	d.want(pod+"securityContext/seccompProfile/type", "RuntimeDefault", why)
	d.want(container+"securityContext/allowPrivilegeEscalation", "false", why)
	d.want(container+"securityContext/capabilities/drop/0", "ALL", why)
	d.want(container+"securityContext/readOnlyRootFilesystem", "true", "the bridge writes no file")
	d.want(pod+"automountServiceAccountToken", "false", "the bridge asks Kubernetes for nothing")
	user, group, _ := strings.Cut(imageUser(t), ":")
	d.want(pod+"securityContext/runAsUser", user, "the image's user")
	d.want(pod+"securityContext/runAsGroup", group, "the image's group")
	if image := d.text(container + "image"); !pinned(image) {
		t.Errorf("image %s has no tag that stays", image)
	}
}

// The limit of memory must leave room above what the bridge may have in flight: the records as read, decoded and encoded.
func TestMemoryLimitHoldsWhatIsInFlight(t *testing.T) {
	d := manifest(t, "Deployment")
	mebibytes, ok := strings.CutSuffix(d.text(container+"resources/limits/memory"), "Mi")
	if !ok {
		t.Fatal("the memory limit is not in Mi")
	}
	limit, err := strconv.Atoi(mebibytes)
	if err != nil {
		t.Fatal(err)
	}
	if flight := int64(manifestConfig(t).Delivery.InFlightBytes); int64(limit)<<20 < 8*flight {
		t.Errorf("the limit of %d Mi is less than eight times in_flight_bytes (%d)", limit, flight)
	}
	if d.find(container+"resources/limits/cpu") != nil {
		t.Error("a CPU limit throttles the commits: leave it out")
	}
}

// Secrets come as files of the mounted Secret, and neither the manifest nor the configuration holds one.
func TestSecretsAreFiles(t *testing.T) {
	text := manifest(t, "ConfigMap").text("data/brazebridge.yaml")
	d := manifest(t, "Deployment")
	mount := d.text(container + "volumeMounts/1/mountPath")
	if !strings.Contains(text, "api_key: ${file:"+mount+"/") {
		t.Errorf("braze.api_key is not a file below the Secret's mount %s", mount)
	}
	d.want(pod+"volumes/1/name", d.text(container+"volumeMounts/1/name"), "the mount is the Secret's")
	d.want(pod+"volumes/1/secret/secretName", "brazebridge", "the Secret that the file's head makes")
	for _, d := range readTrees(t, "kubernetes.yaml") {
		if d.find("kind") == "Secret" {
			t.Error("the manifest holds a Secret: it would be applied with a value that is none")
		}
	}
	if d.find(container+"env") != nil {
		t.Error("the container has environment variables: a secret there shows in the pod's description")
	}
}

// Everything that selects pods selects these.
func TestSelectorsMeetThePods(t *testing.T) {
	d := manifest(t, "Deployment")
	labels := d.labels(pod[:len(pod)-len("spec/")] + "metadata/labels")
	for kind, path := range map[string]string{
		"Deployment": "spec/selector/matchLabels", "PodDisruptionBudget": "spec/selector/matchLabels",
		"Service": "spec/selector", "NetworkPolicy": "spec/podSelector/matchLabels",
	} {
		if got := manifest(t, kind).labels(path); !maps.Equal(got, labels) {
			t.Errorf("the %s selects %v, but the pods are %v", kind, got, labels)
		}
	}
}

// A rolling update and the emptying of nodes take one pod at a time.
func TestPodsLeaveOneByOne(t *testing.T) {
	const why = "each pod that comes or goes makes the group share its partitions again"
	d := manifest(t, "Deployment")
	d.want("spec/strategy/rollingUpdate/maxSurge", "0", why)
	d.want("spec/strategy/rollingUpdate/maxUnavailable", "1", why)
	manifest(t, "PodDisruptionBudget").want("spec/maxUnavailable", "1", why)
}
