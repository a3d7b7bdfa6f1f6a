package guides

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pod returns what a manifest runs, where it runs anything.
func pod(object any) *corev1.PodSpec {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec
	case *batchv1.Job:
		return &o.Spec.Template.Spec
	case *corev1.Pod:
		return &o.Spec
	}
	return nil
}

// TestManifests: each has only fields that Kubernetes has, and the parts fit each other.
func TestManifests(t *testing.T) {
	kinds := map[string]func() any{
		"apps/v1 Deployment": func() any { return new(appsv1.Deployment) },
		"batch/v1 Job":       func() any { return new(batchv1.Job) },
		"v1 Secret":          func() any { return new(corev1.Secret) },
		"v1 ConfigMap":       func() any { return new(corev1.ConfigMap) },
		"v1 Pod":             func() any { return new(corev1.Pod) },
	}
	var objects []any
	for name, text := range guides(t) {
		for _, document := range strings.Split(strings.Join(blocks(text, "yaml"), "---\n"), "---\n") {
			if strings.TrimSpace(document) == "" {
				continue
			}
			var head struct{ APIVersion, Kind string }
			require.NoError(t, yaml.Unmarshal([]byte(document), &head), name)
			kind := kinds[head.APIVersion+" "+head.Kind]
			require.NotNil(t, kind, "%s: %s %s", name, head.APIVersion, head.Kind)
			object := kind()
			require.NoError(t, yaml.UnmarshalStrict([]byte(document), object), "%s:\n%s", name, document)
			objects = append(objects, object)
		}
	}
	require.Len(t, objects, 5)

	keys := map[string]bool{} // of secrets and configurations
	for _, object := range objects {
		switch o := object.(type) {
		case *corev1.Secret:
			for key := range o.StringData {
				keys[o.Name+"/"+key] = true
			}
		case *corev1.ConfigMap:
			for key, text := range o.Data {
				keys[o.Name+"/"+key] = true
				var state maintenance.State
				assert.NoError(t, state.UnmarshalJSON([]byte(text)))
			}
		case *appsv1.Deployment:
			assert.Equal(t, o.Spec.Selector.MatchLabels, o.Spec.Template.Labels)
		}
	}
	for _, object := range objects {
		spec := pod(object)
		if spec == nil {
			continue
		}
		volumes := map[string]bool{}
		for _, v := range spec.Volumes {
			volumes[v.Name] = true
		}
		for _, container := range spec.Containers {
			for _, e := range container.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					assert.True(t, keys[e.ValueFrom.SecretKeyRef.Name+"/"+e.ValueFrom.SecretKeyRef.Key], e.Name)
				}
				if path, ok := strings.CutPrefix(e.Value, "file://"); ok {
					assert.Equal(t, filepath.Dir(path), container.VolumeMounts[0].MountPath)
					assert.True(t, keys[spec.Volumes[0].ConfigMap.Name+"/"+filepath.Base(path)])
				}
			}
			for _, m := range container.VolumeMounts {
				assert.True(t, volumes[m.Name], m.Name)
			}
			if container.Lifecycle != nil { // 25 s are those of ginmaint.Serve
				assert.Greater(t, *spec.TerminationGracePeriodSeconds, container.Lifecycle.PreStop.Sleep.Seconds+25)
			}
		}
	}
}

// TestProxies: nginx and HAProxy take the configurations.
func TestProxies(t *testing.T) {
	t.Parallel()
	text := guides(t)["proxies"]
	for _, proxy := range []struct {
		name, program, debian string
		wrap                  func(dir, config string) string
		arguments             func(dir, file string) []string
	}{
		{"nginx", "/usr/sbin/nginx", "nginx", func(dir, config string) string {
			config = strings.Replace(config, "listen 80;", "listen unix:"+dir+"/socket;", 1) // which needs no rights
			return "pid nginx.pid; events {} http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n" + config + "}"
		}, func(dir, file string) []string { return []string{"-t", "-p", dir, "-e", "stderr", "-c", file} }},
		{"haproxy", "/usr/sbin/haproxy", "haproxy", func(_, config string) string { return config },
			func(_, file string) []string { return []string{"-c", "-f", file} }},
	} {
		t.Run(proxy.name, func(t *testing.T) {
			program, err := exec.LookPath(proxy.program)
			if err != nil {
				program, err = exec.LookPath(proxy.name)
			}
			require.NoError(t, err, "run make install, or install the package %s", proxy.debian)
			configs := blocks(text, proxy.name)
			require.Len(t, configs, 1)
			dir := t.TempDir()
			file := filepath.Join(dir, "config")
			require.NoError(t, os.WriteFile(file, []byte(proxy.wrap(dir, configs[0])), 0o600))
			out, err := exec.CommandContext(t.Context(), program, proxy.arguments(dir, file)...).CombinedOutput()
			assert.NoError(t, err, "%s", out)
			assert.NotContains(t, strings.ToLower(string(out)), "warn")
		})
	}
}
