"""Backup, restore, doctor.

Public: backup, archive, restoring, doctor.doctor, doctor.diagnosis.
"""
